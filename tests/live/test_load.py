"""Many at once, with every byte of every stream compared. The load and its provider are bench_load and bench_upstream,
which check a hash per stream; one wrong byte ends bench_load with a failure."""
import asyncio
import hashlib
import json
import os
import resource
import socket

from harness import places, registry
from harness.client import PATIENCE, Client, chat, request_bytes, until
from harness.provider import Provider, sse_answer
from harness.registry import Failure, check, check_equal, test
from harness.weir import KEY, Weir, configuration, free_port


async def start_bench(name, *arguments):
    path = places.BENCH / name
    if not os.access(path, os.X_OK):
        raise Failure(f"there is no {path}; build it (tools/build) or say where it is (--bench)")
    process = await asyncio.create_subprocess_exec(str(path), *map(str, arguments), stdin=asyncio.subprocess.DEVNULL,
                                                   stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    registry.PROCESSES.append(process)
    return process


async def start_upstream(interval_ms, *more):
    port = free_port()
    upstream = await start_bench("bench_upstream", "--port", port, "--interval-us", interval_ms * 1000, *more)
    for _ in range(500):
        try:
            async with Client(port):
                return upstream, port
        except ConnectionError:
            await asyncio.sleep(0.01)
    raise Failure("bench_upstream does not listen")


async def result_of(load, patience=60):
    out, err = await asyncio.wait_for(load.communicate(), patience)
    lines = [json.loads(line) for line in out.decode().splitlines()]
    found = [line for line in lines if line.get("event") == "result"]
    check(found, f"bench_load gave no result: {out.decode()} {err.decode()}")
    check(found[0]["ok"], f"bench_load: {found[0].get('error')}")
    return found[0]


def roomy():
    """The client side of 2,000 streams needs descriptors as well."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def memory_kib(weir, name="VmRSS"):
    """Resident memory; VmHWM is its peak."""
    with open(f"/proc/{weir.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))


@test
async def two_thousand_streams_at_once_arrive_unchanged():
    roomy()
    upstream, port = await start_upstream(interval_ms=100)
    async with await Weir.start(configuration(port, {"bench": "bench", "gpt-4o-mini": "gpt-4o-mini"})) as weir:
        load = await start_bench("bench_load", "--mode", "stream", "--port", weir.port, "--key", KEY, "--connections", 2000,
                                 "--ramp-ms", 2000, "--window-ms", 4000, "--chunks", 50, "--no-wait")
        most = 0
        while load.returncode is None and most < 2000:
            await asyncio.sleep(0.25)
            most = max(most, (await weir.metrics())["weir_exchanges_in_flight"])
        result = await result_of(load)
        m = await weir.metrics()
        check(most >= 1900, f"at most {most:.0f} streams were in flight at once")
        check(result["streams_checked"] >= 2000, f"{result['streams_checked']} streams were checked")
        check_equal(m["weir_log_lines_dropped_total"], 0, "lost log lines")
        faults = {n: v for n, v in m.items() if n.startswith("weir_faults_total")}
        check_equal(faults, {}, "faults")
        memory = memory_kib(weir)
    upstream.terminate()
    return f"{result['streams_checked']} streams checked, {most:.0f} in flight at once, weir's memory {memory // 1024} MiB"


STALLED = 200


def numbered_frame(number):
    """32 KiB that no other frame of the stream equals, so that nothing lost or swapped goes unseen."""
    head = 'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"'
    tail = '"},"finish_reason":null}]}\n\n'
    text = f"{number:08d}"
    return (head + text + "s" * (32768 - len(head) - len(tail) - len(text)) + tail).encode()


LAST_FRAMES = (b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},'
               b'"finish_reason":"stop"}]}\n\n', b"data: [DONE]\n\n")


@test
async def stalled_readers_hold_up_nobody_and_lose_nothing():
    """200 clients read nothing for a while. Their providers come to a stop, weir holds a bounded number of bytes for
    them, 1,000 other streams run on; then the stalled ones read on and have every byte."""
    roomy()
    written, digests = [0] * STALLED, [None] * STALLED
    enough = asyncio.Event()

    async def respond(message, connection):
        """Numbered frames for as long as they are taken, until the test has seen enough."""
        number = int(json.loads(message.body)["messages"][0]["content"])
        await connection.send(sse_answer().writes()[0])
        digest, frames = hashlib.blake2b(), 0
        while not enough.is_set() or frames == 0:
            frame = numbered_frame(frames)
            frames += 1
            digest.update(frame)
            await connection.send(b"%x\r\n%s\r\n" % (len(frame), frame))
            written[number] += len(frame)
        for frame in LAST_FRAMES:
            digest.update(frame)
            await connection.send(b"%x\r\n%s\r\n" % (len(frame), frame))
        await connection.send(b"0\r\n\r\n")
        digests[number] = digest.hexdigest()
        return True

    async def read_rest(client):
        # With the small window it had until now it would take minutes.
        client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        digest, got = hashlib.blake2b(), 0
        client.writer.transport.resume_reading()
        head = await client.reader.readuntil(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.1 200"), head.decode())
        while size := int(await client.reader.readuntil(b"\r\n"), 16):
            digest.update(await client.reader.readexactly(size))
            got += size
            await client.reader.readexactly(2)
        return digest.hexdigest(), got

    upstream, port = await start_upstream(interval_ms=100)
    async with Provider(respond, send_buffer=16384) as provider:
        config = configuration(port, {"bench": "bench", "gpt-4o-mini": "gpt-4o-mini"}, timeouts={"client_write_ms": "60s"})
        config["providers"]["slow"] = {"kind": "openai", "base_url": f"http://127.0.0.1:{provider.port}/v1",
                                       "credential": "env:UPSTREAM_KEY"}
        config["models"]["slow"] = {"deployments": ["slow/slow"]}
        async with await Weir.start(config) as weir:
            clients = []
            for number in range(STALLED):
                client = await Client(weir.port, receive_buffer=4096).__aenter__()
                client.writer.transport.pause_reading()
                await client.send(request_bytes(body=chat(model="slow", stream=True, text=str(number)), key=KEY))
                clients.append(client)
            check(await until(lambda: len(provider.requests) == STALLED, 10), "every request is upstream")
            load = await start_bench("bench_load", "--mode", "stream", "--port", weir.port, "--key", KEY, "--connections",
                                     1000, "--ramp-ms", 1000, "--window-ms", 3000, "--chunks", 20, "--no-wait")
            result = await result_of(load)
            check(result["streams_checked"] >= 1000, f"{result['streams_checked']} of the others were checked")
            held_before = (await weir.metrics())["weir_buffer_bytes"]
            await asyncio.sleep(0.5)
            m = await weir.metrics()
            held = m["weir_buffer_bytes"]
            check(held <= held_before * 1.1, f"weir held {held_before:.0f} bytes for them, half a second later {held:.0f}")
            check(held < STALLED * 256 * 1024, f"weir holds {held / STALLED / 1024:.0f} KiB per stalled stream")
            # In the kernel too: without a bound of ours it would take 4 MB for each of them.
            taken = sum(written) / STALLED
            check(taken < 1.5 * 2**20, f"{taken / 1024:.0f} KiB were taken from the provider per stalled stream")
            memory = memory_kib(weir)
            enough.set()
            rests = []
            for start in range(0, STALLED, 20):
                rests += await asyncio.gather(*(read_rest(c) for c in clients[start:start + 20]))
            wrong = [i for i, (digest, _) in enumerate(rests) if digest is None or digest != digests[i]]
            check_equal(wrong, [], "stalled streams that came out wrong")
            for client in clients:
                await client.__aexit__()
            check_equal((await weir.metrics()).get('weir_faults_total{fault="client_stalled"}'), None, "stalled clients given up")
    upstream.terminate()
    return (f"{result['streams_checked']} other streams checked; per stalled stream weir held {held / STALLED / 1024:.0f} KiB "
            f"and the kernel about {sum(written) / STALLED / 1024:.0f} KiB; weir's memory {memory // 1024} MiB")
