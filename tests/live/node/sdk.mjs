// One scenario with the official client, named on the command line; prints what the client saw as one JSON line.
//   node sdk.mjs SCENARIO    with WEIR_URL, WEIR_KEY and NODE_PACKAGES (the folder that holds node_modules)
import { createRequire } from 'node:module';

const require = createRequire(process.env.NODE_PACKAGES + '/package.json');
const OpenAI = require('openai').default ?? require('openai');
const client = (more = {}) =>
  new OpenAI({ baseURL: process.env.WEIR_URL, apiKey: process.env.WEIR_KEY, maxRetries: 0, timeout: 15000, ...more });
const messages = [{ role: 'user', content: 'Hello?' }];

async function gather(stream) {
  const seen = { text: '', finish: null, usage: null, chunks: 0, calls: [] };
  for await (const chunk of stream) {
    seen.chunks++;
    if (chunk.usage) seen.usage = chunk.usage;
    const choice = chunk.choices[0];
    if (!choice) continue;
    seen.text += choice.delta.content ?? '';
    seen.finish = choice.finish_reason ?? seen.finish;
    for (const call of choice.delta.tool_calls ?? []) {
      seen.calls[call.index] ??= { id: call.id, name: call.function.name, arguments: '' };
      seen.calls[call.index].arguments += call.function?.arguments ?? '';
    }
  }
  return seen;
}

async function raised(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { kind: error.constructor.name, status: error.status ?? null, code: error.code ?? null, message: error.message };
  }
}

const scenarios = {
  async document() {
    const { data, response } = await client().chat.completions.create({ model: 'test-model', messages }).withResponse();
    return { data, deployment: response.headers.get('x-weir-deployment') };
  },
  async stream() {
    return gather(await client().chat.completions.create({ model: 'test-model', messages, stream: true }));
  },
  async stream_with_usage() {
    return gather(await client().chat.completions.create(
      { model: 'test-model', messages, stream: true, stream_options: { include_usage: true } }));
  },
  async tools() {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
    const whole = await client().chat.completions.create({ model: 'test-model', messages, tools });
    const streamed = await gather(await client().chat.completions.create({ model: 'test-model', messages, tools, stream: true }));
    return { whole: whole.choices[0].message.tool_calls, streamed: streamed.calls, finish: streamed.finish };
  },
  async errors() {
    const create = (with_client, model) => raised(with_client.chat.completions.create({ model, messages }));
    return {
      wrong_key: await create(client({ apiKey: 'sk-wrong' }), 'test-model'),
      unknown_model: await create(client(), 'no-such-model'),
      rate_limit: await create(client(), 'limited'),
      server: await create(client(), 'broken'),
      stream: await raised((async () => gather(await client().chat.completions.create({ model: 'cut', messages, stream: true })))()),
    };
  },
  async retries() {
    const data = await client({ maxRetries: 2 }).chat.completions.create({ model: 'sometimes', messages });
    return data.choices[0].message.content;
  },
  async models() {
    const ids = [];
    for await (const model of client().models.list()) ids.push(model.id);
    const one = await client().models.retrieve('test-model');
    return { ids, one };
  },
  async abort() {
    const stream = await client().chat.completions.create({ model: 'endless', messages, stream: true });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text.length > 5) stream.controller.abort();
    }
    console.log(JSON.stringify({ text }));
    await new Promise((resolve) => setTimeout(resolve, 20000));  // alive, so that it is not the process's end that is seen
    return 'over';
  },
  async together() {
    const one = client();
    const texts = await Promise.all(Array.from({ length: 50 }, async () =>
      (await gather(await one.chat.completions.create({ model: 'test-model', messages, stream: true }))).text));
    return [...new Set(texts)];
  },
};

const result = await scenarios[process.argv[2]]();
console.log(JSON.stringify(result));
process.exit(0);
