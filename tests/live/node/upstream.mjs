// Whether a request is one that the real provider would take: aimock itself takes nearly everything. Sources: the vendors'
// references; only what weir or a client may get wrong is looked at. Returns what is wrong, or null.
const FIELDS = {
  openai_chat: 'model messages max_tokens max_completion_tokens temperature top_p n stop seed frequency_penalty presence_penalty '
    + 'logit_bias logprobs top_logprobs response_format tools tool_choice parallel_tool_calls reasoning_effort verbosity stream '
    + 'stream_options service_tier store metadata user safety_identifier prompt_cache_key prompt_cache_retention modalities '
    + 'audio prediction web_search_options',
  openai_responses: 'model input instructions max_output_tokens max_tool_calls temperature top_p reasoning text tools tool_choice '
    + 'parallel_tool_calls previous_response_id conversation store background include truncation top_logprobs prompt '
    + 'context_management service_tier metadata user safety_identifier prompt_cache_key prompt_cache_retention stream '
    + 'stream_options',
  anthropic_messages: 'model messages max_tokens system stop_sequences stream tools tool_choice thinking output_config metadata '
    + 'service_tier speed container inference_geo cache_control temperature top_p top_k context_management mcp_servers '
    + 'output_format',
  gemini: 'contents systemInstruction tools toolConfig safetySettings cachedContent generationConfig labels serviceTier store',
};
const PATHS = {
  openai_chat: /^\/v1\/chat\/completions$/,
  openai_responses: /^\/v1\/responses(\/input_tokens)?$/,
  anthropic_messages: /^\/v1\/messages(\?beta=true)?$/,
  gemini: /^\/v1beta\/models\/[^/:?]+:(generateContent|streamGenerateContent\?alt=sse)$/,
};

const checks = {
  openai_chat({ messages }) {
    const open = new Set();
    for (const message of messages) {
      if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(message.role)) return `the role ${message.role}`;
      if (message.role !== 'tool' && open.size) return `no answer to ${[...open]}`;
      for (const call of message.tool_calls ?? []) {
        if (typeof call.function?.arguments !== 'string') return 'arguments that are no string';
        open.add(call.id);
      }
      if (message.role === 'tool' && !open.delete(message.tool_call_id)) return `an answer to ${message.tool_call_id}`;
    }
    return null;
  },
  openai_responses({ input }) {
    if (typeof input === 'string') return null;
    const open = new Set();
    for (const item of input) {
      if (item.type === 'function_call') {
        if (typeof item.arguments !== 'string') return 'arguments that are no string';
        open.add(item.call_id);
      }
      if (item.type === 'function_call_output' && !open.delete(item.call_id)) return `an output for ${item.call_id}`;
    }
    return open.size ? `no output for ${[...open]}` : null;
  },
  anthropic_messages({ messages, max_tokens, system }, headers) {
    if (!(max_tokens > 0)) return `max_tokens ${max_tokens}`;
    if (!/^20\d\d-\d\d-\d\d$/.test(headers['anthropic-version'])) return `anthropic-version ${headers['anthropic-version']}`;
    if (messages[0]?.role !== 'user') return `the first message is from ${messages[0]?.role}`;
    let open = [];
    for (const { role, content } of messages) {
      if (role !== 'user' && role !== 'assistant') return `the role ${role}`;
      const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
      for (const block of blocks) if (block.type === 'text' && !block.text) return 'an empty text block';
      const results = blocks.filter((block) => block.type === 'tool_result');
      if (results.some((block) => !open.includes(block.tool_use_id))) return 'a tool_result without its tool_use';
      if (results.length !== open.length) return `${results.length} results for ${open.length} calls`;
      if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result')) return 'a tool_result behind another block';
      const uses = blocks.filter((block) => block.type === 'tool_use');
      if (uses.some((block) => !/^[a-zA-Z0-9_-]+$/.test(block.id))) return `a tool_use id ${uses.map((block) => block.id)}`;
      if (uses.some((block) => typeof block.input !== 'object' || block.input === null)) return 'an input that is no object';
      if (blocks.some((block) => block.type === 'thinking' && !block.signature)) return 'thinking without a signature';
      open = uses.map((block) => block.id);
    }
    if (Array.isArray(system) && system.some((block) => !block.text)) return 'an empty system block';
    return null;
  },
  gemini({ contents, tools, generationConfig = {} }) {
    let calls = 0;
    for (const { role, parts } of contents) {
      if (role !== 'user' && role !== 'model') return `the role ${role}`;
      if (!parts?.length) return 'a content without parts';
      const answers = parts.filter((part) => part.functionResponse).length;
      if (answers && answers !== calls) return `${answers} responses for ${calls} calls`;
      if (parts.some((part) => part.functionResponse && (!part.functionResponse.name
        || typeof part.functionResponse.response !== 'object'))) return 'a functionResponse without name or object';
      calls = parts.filter((part) => part.functionCall).length;
      if (parts.some((part) => part.functionCall && typeof (part.functionCall.args ?? {}) !== 'object')) return 'args that are no object';
    }
    for (const { functionDeclarations = [] } of tools ?? [])
      for (const { parameters } of functionDeclarations)
        if (/"(\$ref|\$schema|additionalProperties|const)":/.test(JSON.stringify(parameters ?? {})))
          return 'a JSON Schema keyword in `parameters`, which takes the OpenAPI subset';
    if (/"(\$ref|\$schema|additionalProperties|const)":/.test(JSON.stringify(generationConfig.responseSchema ?? {})))
      return 'a JSON Schema keyword in `responseSchema`, which takes the OpenAPI subset';
    return null;
  },
};

export function sane(dialect, { path, headers, json }) {
  if (!PATHS[dialect].test(path)) return `the path ${path}`;
  const known = FIELDS[dialect].split(' ');
  const strange = Object.keys(json).filter((name) => !known.includes(name));
  if (strange.length) return `fields that ${dialect} does not have: ${strange}`;
  return checks[dialect](json, headers);
}

// Whether the provider was asked for this schema, in its own way or by a tool.
export function asksForSchema(dialect, { json }) {
  const tool = json.tools?.length ? json.tools : null;
  const schema = {
    openai_chat: () => json.response_format?.json_schema?.schema ?? tool,
    openai_responses: () => json.text?.format?.schema ?? tool,
    anthropic_messages: () => json.output_config?.format?.schema ?? json.output_format?.schema ?? tool,
    gemini: () => json.generationConfig?.responseJsonSchema ?? json.generationConfig?.responseSchema ?? tool,
  }[dialect]();
  return Boolean(schema) && ['name', 'age', 'tags'].every((name) => JSON.stringify(schema).includes(`"${name}"`));
}

// --- what the request told the provider, in words that are the same for every dialect ----------------------------------

const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join(''));
const call = (id, name, given) => ({ id, name, city: (typeof given === 'string' ? JSON.parse(given || '{}') : given ?? {}).city });

// The request as a list of {role, text}, {call}, {result, id} and {seal}, in the order in which it tells them.
const readers = {
  openai_chat: ({ messages }) => messages.flatMap(({ role, content, tool_calls, tool_call_id }) =>
    role === 'tool' ? [{ id: tool_call_id, result: textOf(content) }]
      : [{ role, text: textOf(content) }, ...(tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({ call: call(id, name, given) }))]),
  openai_responses: ({ instructions, input }) => [{ role: 'system', text: instructions ?? '' },
    ...(typeof input === 'string' ? [{ role: 'user', content: input }] : input).map((item) => ({
      function_call: () => ({ call: call(item.call_id, item.name, item.arguments) }),
      function_call_output: () => ({ id: item.call_id, result: textOf(item.output) }),
      reasoning: () => ({ seal: item.encrypted_content }),
    }[item.type] ?? (() => ({ role: item.role, text: textOf(item.content) })))())],
  anthropic_messages: ({ system, messages }) => [{ role: 'system', text: textOf(system) }, ...messages.flatMap(({ role, content }) =>
    (typeof content === 'string' ? [{ type: 'text', text: content }] : content).map((block) => ({
      tool_use: () => ({ call: call(block.id, block.name, block.input) }),
      tool_result: () => ({ id: block.tool_use_id, result: textOf(block.content) }),
      thinking: () => ({ seal: block.signature }),
    }[block.type] ?? (() => ({ role, text: block.text ?? '' })))()))],
  // Calls without an id are answered in their order.
  gemini: ({ systemInstruction, contents }) => {
    let calls = 0, results = 0;
    return [{ role: 'system', text: textOf(systemInstruction?.parts) }, ...contents.flatMap(({ role, parts }) => parts.flatMap((part) => [
      ...(part.thoughtSignature ? [{ seal: part.thoughtSignature }] : []),
      part.functionCall ? { call: call(part.functionCall.id || calls++, part.functionCall.name, part.functionCall.args) }
        : part.functionResponse ? { id: part.functionResponse.id || results++, result: JSON.stringify(part.functionResponse.response) }
          : { role: role === 'model' ? 'assistant' : role, text: part.thought ? '' : part.text ?? '' }]))];
  },
};

export const seen = {
  system: (dialect, json) => readers[dialect](json).filter((one) => /^(system|developer)$/.test(one.role)).map((one) => one.text).join(''),
  history: (dialect, json) => readers[dialect](json).filter((one) => /^(user|assistant)$/.test(one.role) && one.text)
    .map(({ role, text }) => `${role}:${text.replace(/^\[.*?\] /, '').replace(/ <.*>$/, '')}`).join(', '),
  results: (dialect, json) => {
    const all = readers[dialect](json);
    return all.filter((one) => 'result' in one).map(({ id, result }) => {
      const made = all.find((one) => one.call?.id === id)?.call;
      return made ? `${made.name}(${made.city ?? ''}): ${/-?\d+|noon/.exec(result)?.[0] ?? result}` : `a result for ${id}`;
    }).join('; ');
  },
  seals: (dialect, json) => readers[dialect](json).flatMap((one) => (one.seal ? [one.seal] : [])),
};
