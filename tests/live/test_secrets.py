"""What weir never tells: which part of a credential was wrong."""
from harness.client import Client, chat
from harness.provider import Provider, json_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT

BODY = chat()
KINDS = {
    "missing": b"",
    "unknown": b"Authorization: Bearer " + b"x" * len(KEY) + b"\r\n",
    "one character off": b"Authorization: Bearer " + KEY[:-1].encode() + b"0\r\n",
    "a prefix of the right one": b"Authorization: Bearer " + KEY[:8].encode() + b"\r\n",
    "the right one and more": b"Authorization: Bearer " + KEY.encode() + b"x\r\n",
    "the right one in other letters": b"Authorization: Bearer " + KEY.upper().encode() + b"\r\n",
    "8,000 characters": b"Authorization: Bearer " + b"k" * 8000 + b"\r\n",
    "empty": b"Authorization: Bearer\r\n",
    "nothing at all": b"Authorization:\r\n",
    "another scheme": b"Authorization: Basic " + KEY.encode() + b"\r\n",
    "no scheme": b"Authorization: " + KEY.encode() + b"\r\n",
    "bytes of no alphabet": b"Authorization: Bearer \xff\xfe\xfd\r\n",
    "twice": (b"Authorization: Bearer " + KEY.encode() + b"\r\n") * 2,
    "another field": b"x-api-key: nonsense\r\n",
    "a field of no key": b"Proxy-Authorization: Bearer " + KEY.encode() + b"\r\n",
    "underscores": b"X_Api_Key: " + KEY.encode() + b"\r\n",
    "a cookie": b"Cookie: key=" + KEY.encode() + b"\r\n",
}


@test
async def every_wrong_credential_gets_the_same_bytes():
    answers = {}
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider, await Weir.start(configuration(provider.port)) as weir:
        for path in (b"/v1/chat/completions", b"/v1/nothing"):
            for kind, fields in KINDS.items():
                async with Client(weir.port) as client:
                    await client.send(b"POST %s HTTP/1.1\r\nHost: weir.test\r\n%sContent-Length: %d\r\n\r\n%s"
                                      % (path, fields, len(BODY), BODY))
                    answer = await client.answer()
                    check_equal(answer.status, 401, f"status for {kind}")
                    answers.setdefault(answer.raw_head + answer.body, []).append(kind)
        check_equal(provider.requests, [], "requests upstream")
    check_equal(len(answers), 1, f"different answers, for {list(answers.values())}")
    check(KEY[:8].encode() not in next(iter(answers)), "a part of the key in the answer")
    return f"{len(KINDS)} kinds, on a path that is there and one that is not"
