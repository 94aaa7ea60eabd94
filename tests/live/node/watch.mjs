// What an imitated provider was asked, for the tests' eyes: keeps every exchange as it came, and tells it on a port of its own.
// GET /?mark=TEXT lists the exchanges whose request holds TEXT, in its body or as the header x-request-id, with the bytes of both
// directions, and whether the answer was cut short by the caller.
import { createServer } from 'node:http';

const exchanges = [];

// A listener for 'request' that goes before the one that answers.
export function keep(request, response) {
  const one = { method: request.method, path: request.url, headers: request.headers, body: '', status: 0, answer: '', aborted: false };
  exchanges.push(one);
  const watched = (target, name, field) => {
    const original = target[name].bind(target);
    target[name] = (...given) => {
      const data = name === 'emit' ? (given[0] === 'data' ? given[1] : null) : given[0];
      if (data && typeof data !== 'function') one[field] += data.toString();
      return original(...given);
    };
  };
  watched(request, 'emit', 'body');
  watched(response, 'write', 'answer');
  watched(response, 'end', 'answer');
  response.on('close', () => {
    one.status = response.statusCode;
    one.aborted = !response.writableFinished;
  });
}

// Prints {"port", "watch"} when both can be asked.
export function serveWatch(port) {
  const watch = createServer((request, response) => {
    const mark = new URL(request.url, 'http://watch').searchParams.get('mark');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(exchanges.filter((one) => one.headers['x-request-id'] === mark || one.body.includes(`<${mark}>`))));
  });
  watch.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port, watch: watch.address().port })));
}
