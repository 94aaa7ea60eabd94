// The official Anthropic client: Messages.
import { ARGUMENTS, CALLS, LONG, PERSON, PROMPT, SIGNATURE, TEXT, THOUGHTS, TIME_SCHEMA, TOLD_ALL, TOLD_ONE, USAGE, WEATHER,
  WEATHER_SCHEMA, run } from './answers.mjs';
import { API_KEY, BASE_URL, MODEL, PROVIDER, VIA, abortedUpstream, check, equal, load, main, raised, say, skip, upstream } from './harness.mjs';
import { asksForSchema } from './upstream.mjs';

const { default: Anthropic } = load('@anthropic-ai/sdk');
const { zodOutputFormat } = load('@anthropic-ai/sdk/helpers/zod');
const { z } = load('zod');
const client = (more = {}) => new Anthropic({ baseURL: BASE_URL, apiKey: API_KEY, maxRetries: 0, timeout: 8000, ...more });
const anthropic = client();
const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
const tools = [['get_weather', WEATHER_SCHEMA], ['get_time', TIME_SCHEMA]].map(([name, input_schema]) =>
  ({ name, description: `The ${name} tool.`, input_schema }));
const oneCall = [{ name: 'get_weather', arguments: ARGUMENTS }];
const thinking = { type: 'enabled', budget_tokens: 1024 };

const asking = (topic, more = {}) => ({ model: MODEL, max_tokens: 2048, messages: [{ role: 'user', content: say(topic) }], ...more });
const create = (from, topic, more) => from.messages.create(asking(topic, more));
const gathered = async (stream) => { const all = []; for await (const one of stream) all.push(one); return all; };
const words = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');
const usage = ({ input_tokens, output_tokens }) => equal([input_tokens, output_tokens], [USAGE.input, USAGE.output], 'usage');

// Two rounds; `ask` gives the message for parameters.
async function rounds(topic, wanted, told, ask, more = {}) {
  const messages = [{ role: 'user', content: say(topic) }];
  const first = await ask({ ...asking(topic, more), messages, tools });
  const uses = first.content.filter((block) => block.type === 'tool_use');
  equal(uses.map((use) => [use.name, use.input]), wanted.map((call) => [call.name, call.arguments]), 'calls');
  equal(new Set(uses.map((use) => use.id)).size, wanted.length, 'different ids');
  equal(first.stop_reason, 'tool_use', 'stop_reason');
  messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: uses.map((use) => (
    { type: 'tool_result', tool_use_id: use.id, content: run(use.name, use.input) })) });
  const second = await ask({ ...asking(topic, more), messages, tools });
  equal([words(second), second.stop_reason], [told, 'end_turn'], 'what the provider was told');
  return first;
}
const asked = (parameters) => anthropic.messages.create(parameters);
const streamed = (parameters) => anthropic.messages.stream(parameters).finalMessage();
const runner = (more) => anthropic.beta.messages.toolRunner({ ...asking('parallel'), max_iterations: 3, ...more,
  tools: tools.map((tool) => ({ ...tool, run: (given) => run(tool.name, given), parse: (given) => given })) });

const errors = Object.fromEntries([
  ['error_400', 'error-400', [400], 'BadRequestError', 'invalid_request_error'],
  ['error_404', 'error-404', [404], 'NotFoundError', 'not_found_error'],
  ['error_500', 'error-500', [500], 'InternalServerError', 'api_error'],
  ['error_overloaded', 'error-503', [529], 'OverloadedError', 'overloaded_error'],
  ['error_429', 'error-429', [429], 'RateLimitError', 'rate_limit_error'],
].map(([name, topic, statuses, kind, type]) => [name, async () => {
  const error = await raised(create(anthropic, topic));
  equal([error.constructor.name, statuses.includes(error.status)], [kind, true], `class and status (${error.status})`);
  equal([error.error?.type, error.error?.error?.type], ['error', type], 'type');
  check(error.message.includes('Told to answer'), `the provider's words are lost: ${error.message}`);
  if (error.status === 429) equal(error.headers.get('retry-after'), '7', 'retry-after');
}]));

await main({
  async text() {
    const message = await create(anthropic, 'text');
    equal([message.type, message.role, message.stop_reason, message.stop_sequence], ['message', 'assistant', 'end_turn', null], 'message');
    equal(message.content.map((block) => [block.type, block.text]), [['text', TEXT]], 'content');
    usage(message.usage);
  },
  async stream() {
    const events = await gathered(await create(anthropic, 'text', { stream: true }));
    const deltas = events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta.text);
    check(deltas.length > 3, `only ${deltas.length} deltas`);
    equal(deltas.join(''), TEXT, 'text');
    const order = events.map((event) => event.type).filter((type, index, all) => type !== 'ping' && type !== all[index - 1]);
    equal(order, ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop'], 'events');
    equal(events.find((event) => event.type === 'message_delta').delta.stop_reason, 'end_turn', 'stop_reason');
  },
  async stream_helper() {
    const stream = anthropic.messages.stream(asking('text'));
    let text = '';
    stream.on('text', (delta) => { text += delta; });
    const message = await stream.finalMessage();
    equal([text, words(message)], [TEXT, TEXT], 'gathered and final text');
    usage(message.usage);
  },
  async system() {
    equal(words(await create(anthropic, 'system', { system: PROMPT })), 'Arr.', 'as a string');
    equal(words(await create(anthropic, 'system', { system: [{ type: 'text', text: PROMPT, cache_control: { type: 'ephemeral' } }] })), 'Arr.', 'as a block');
  },
  async history() {
    const messages = [{ role: 'user', content: 'One.' }, { role: 'assistant', content: 'Two.' }, { role: 'user', content: say('history', 'Three.') }];
    equal(words(await create(anthropic, 'history', { messages })), 'user:One., assistant:Two., user:Three.', 'what the provider saw');
  },
  tool: () => rounds('tool', oneCall, TOLD_ONE, asked),
  tool_stream: () => rounds('tool', oneCall, TOLD_ONE, streamed),
  tools_parallel: () => rounds('parallel', CALLS, TOLD_ALL, asked),
  tools_parallel_stream: () => rounds('parallel', CALLS, TOLD_ALL, streamed),
  async tool_after_text() {
    equal(words(await rounds('spoken', oneCall, TOLD_ONE, streamed)), 'Let me look.', 'text before the call');
  },
  async tool_runner() {
    equal(words(await runner({ thread: false })), TOLD_ALL, 'final text');
  },
  // As the client does it unasked: the server shall hold the conversation. Who cannot must say so in a way that the client
  // understands, and then gets all of it.
  async tool_runner_thread() {
    if (PROVIDER === 'anthropic_messages') skip('aimock has no threads');
    equal(words(await runner({})), TOLD_ALL, 'final text');
  },
  async parse() {
    const message = await anthropic.messages.parse(asking('schema', { output_config: { format: zodOutputFormat(Person) } }));
    equal([message.parsed_output, message.stop_reason], [PERSON, 'end_turn'], 'parsed');
    check(asksForSchema(PROVIDER, (await upstream())[0]), 'the schema did not reach the provider');
  },
  async thinking() {
    const { content } = await create(anthropic, 'think', { thinking });
    equal(content.map((block) => block.thinking ?? block.text), [THOUGHTS, WEATHER], 'thinking and text');
    if (PROVIDER === 'anthropic_messages') equal(content[0].signature, SIGNATURE, 'signature');
  },
  async thinking_stream() {
    const { content } = await streamed(asking('think', { thinking }));
    equal(content.map((block) => block.thinking ?? block.text), [THOUGHTS, WEATHER], 'thinking and text');
    if (PROVIDER === 'anthropic_messages') equal(content[0].signature, SIGNATURE, 'signature');
  },
  async thinking_tool() {
    const first = await rounds('thinktool', oneCall, TOLD_ONE, streamed, { thinking });
    equal(first.content.map((block) => block.type), ['thinking', 'tool_use'], 'blocks');
    if (PROVIDER !== 'anthropic_messages') return;
    const [block] = (await upstream())[1].json.messages[1].content;
    equal(block, { type: 'thinking', thinking: THOUGHTS, signature: SIGNATURE }, 'the block that went back');
  },
  async length() {
    equal((await create(anthropic, 'length')).stop_reason, 'max_tokens', 'stop_reason');
    equal((await streamed(asking('length'))).stop_reason, 'max_tokens', 'in a stream');
  },
  async count_tokens() {
    if (VIA === 'direct') skip('aimock has no count_tokens');
    const { input_tokens } = await anthropic.messages.countTokens({ model: MODEL, messages: [{ role: 'user', content: 'How many? '.repeat(50) }] });
    check(input_tokens > 50 && input_tokens < 400, `${input_tokens} tokens`);
  },
  async cut_stream() {
    let text = '';
    const stream = anthropic.messages.stream(asking('cut')).on('text', (delta) => { text += delta; });
    await raised(stream.finalMessage());
    check(text && LONG.startsWith(text), `text before the cut: ${text}`);
  },
  async abort() {
    const stream = anthropic.messages.stream(asking('endless'));
    let text = '';
    stream.on('text', (delta) => { if ((text += delta).length > 20) stream.abort(); });
    equal((await raised(stream.finalMessage())).constructor.name, 'APIUserAbortError', 'class');
    await abortedUpstream();
  },
  async wrong_key() {
    const error = await raised(create(client({ apiKey: 'sk-wrong' }), 'text'));
    equal([error.constructor.name, error.status], ['AuthenticationError', 401], 'class and status');
    if (VIA === 'weir') equal(error.error?.error?.type, 'authentication_error', 'type');  // aimock has OpenAI's body here
  },
  async unknown_model() {
    if (VIA === 'direct') skip('aimock knows every model');
    const error = await raised(create(anthropic, 'text', { model: 'nobody-has-this' }));
    equal([error.constructor.name, error.status, error.error?.error?.type], ['NotFoundError', 404, 'not_found_error'], 'class, status, type');
  },
  ...errors,
});
