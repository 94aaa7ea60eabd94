"""Clients of three dialects: streams that are held all the time, and documents at a steady rate, whether the ones before are answered or not."""
import asyncio
import itertools

from dialects import DIALECTS
from harness.client import Client
from harness.weir import KEY
from harness.wire import Malformed
from judge import FAILED, WRONG, Outcome, judge_document, judge_stream

WORDS = 40
PATIENCE = 60.0  # for a whole answer


class Load:
    """`models`: those that are asked now, in turn. `outcomes`: of every request that was sent."""

    def __init__(self, port, models):
        self.port, self.models = port, models
        self.outcomes = []
        self.stopping = False
        self._numbers = itertools.count()
        self._tasks = set()
        self._idle = []  # connections that are kept
        self.held = 0

    def words(self, number, head):
        """No word occurs in two requests, nor twice in one."""
        return f"[{head}] " + " ".join(f"{number:05x}-{i:02d}" for i in range(WORDS))

    async def run(self, streams, rate, seconds_of_stream):
        self._start(self._documents(rate))
        for i in range(streams):
            self._start(self._hold(seconds_of_stream * i / streams))

    async def stop(self):
        """Nothing new is asked; what was asked gets its answer."""
        self.stopping = True
        while self._tasks:
            await asyncio.gather(*self._tasks)
        for client in self._idle:
            await client.__aexit__()

    def _start(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _documents(self, rate):
        clock = asyncio.get_running_loop().time
        began = clock()
        for i in itertools.count():
            await asyncio.sleep(max(0.0, began + i / rate - clock()))
            if self.stopping:
                return
            self._start(self._ask("document"))

    async def _hold(self, pause):
        await asyncio.sleep(pause)
        while not self.stopping:
            self.held += 1
            outcome = await self._ask("stream")
            self.held -= 1
            if outcome.verdict == FAILED:
                await asyncio.sleep(0.2)

    async def _ask(self, kind):
        number = next(self._numbers)
        model = self.models[number % len(self.models)]
        dialect = DIALECTS[number // len(self.models) % len(DIALECTS)]
        stream = kind == "stream"
        wanted = self.words(number, "held" if stream else "at once")
        outcome = Outcome(FAILED, kind, began=asyncio.get_running_loop().time(), dialect=dialect.name, model=model)
        self.outcomes.append(outcome)
        data = dialect.request(model, stream, wanted, KEY)
        client = None
        try:
            client = self._idle.pop() if self._idle else await Client(self.port).__aenter__()
            await client.send(data)
            message = await client.answer(patience=PATIENCE)
            outcome.verdict, outcome.note, outcome.text = (judge_stream if stream else judge_document)(message, wanted, dialect)
            if message:
                outcome.deployment = message.get("x-weir-deployment") or ""
                outcome.trail = message.get("x-weir-attempts") or ""
                if message.arrivals:
                    outcome.first = message.arrivals[0][0]
                if message.status == 200 and message.complete:
                    self._idle.append(client)
                    client = None
        except Malformed as error:
            outcome.verdict, outcome.note = WRONG, repr(error)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            outcome.note = repr(error)
        outcome.ended = asyncio.get_running_loop().time()
        outcome.first = outcome.first or outcome.ended
        outcome.note = f"{outcome.note} ({dialect.name}, model {model}, request {number:05x})" if outcome.note else ""
        if client:
            await client.__aexit__()
        return outcome
