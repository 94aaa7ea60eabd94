// The imitation of the providers, @copilotkit/aimock, which says the user's last words again, as `weir simulate` does when
// it is asked for `echo`. Prints {"port"} and serves until it is killed.
//   node echo_aimock.mjs    with NODE_PACKAGES, AIMOCK_KEY (the only credential it takes), INTERVAL_MS (between two pieces)
//
// Words that begin with "[at once]" come without a pause.
import { createRequire } from 'node:module';

const require = createRequire(process.env.NODE_PACKAGES + '/package.json');
const { LLMock } = require('@copilotkit/aimock');
const mock = new LLMock({
  port: 0, host: '127.0.0.1', auth: { apiKeys: [process.env.AIMOCK_KEY] }, chunkSize: 8, journalMaxEntries: 100 });
const last = (request) => String(request.messages.at(-1).content);
const echo = (request) => ({ content: last(request), usage: { prompt_tokens: 21, completion_tokens: 9 } });
mock.addFixture({ match: { predicate: (request) => last(request).startsWith('[at once]') }, response: echo });
mock.addFixture({ match: { predicate: () => true }, response: echo, latency: Number(process.env.INTERVAL_MS) });
await mock.start();
console.log(JSON.stringify({ port: mock.port }));
