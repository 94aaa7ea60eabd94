// A watcher before `weir simulate`: passes every exchange on, piece by piece, and ends it on one side when the other side ends
// it. Prints {"port", "watch"} and serves until it is killed.
//   node simulated.mjs    with TARGET: the port of the simulated provider
import { createServer, request as ask } from 'node:http';
import { keep, serveWatch } from './watch.mjs';

const server = createServer({ keepAliveTimeout: 60000 }, (request, response) => {
  const further = ask({ host: '127.0.0.1', port: process.env.TARGET, method: request.method, path: request.url,
    headers: request.rawHeaders, agent: false, setHost: false });
  const broken = () => response.destroy();
  further.on('error', broken);
  further.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders.filter((_, index, all) =>
      !/^(connection|keep-alive|transfer-encoding)$/i.test(all[index - index % 2])));
    response.flushHeaders();
    answer.on('data', (data) => response.write(data));
    answer.on('end', () => response.end());
    answer.on('error', broken);
    answer.on('close', () => { if (!answer.complete) broken(); });
  });
  request.pipe(further);
  response.on('close', () => { if (!response.writableFinished) further.destroy(); });
});
server.prependListener('request', keep);
server.listen(0, '127.0.0.1', () => serveWatch(server.address().port));
