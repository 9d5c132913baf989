// Hands a ZIP that the page makes to the browser's own downloads, piece by piece: nothing of it is kept in memory, and it may have
// any size. The page (src/download/sink.ts) announces a download with a port; then a frame asks for /zip/<id>, and what the port
// brings is the answer. Nothing else is ever answered here, and nothing is stored.
const announced = new Map();

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('message', ({ data, ports: [port] }) => {
  // Without a port it is a sign of life: browsers end a worker that hears nothing for half a minute.
  if (!port) return;
  announced.set(data.id, { name: data.name, port });
  port.postMessage('ready');
});

addEventListener('fetch', (event) => {
  const id = new URL(event.request.url).pathname.split('/').pop();
  const download = announced.get(id);
  announced.delete(id);
  event.respondWith(download ? answer(download) : new Response(null, { status: 404 }));
});

function answer({ name, port }) {
  let next = () => undefined;
  port.onmessage = ({ data }) => next(data);
  const body = new ReadableStream(
    {
      pull: (controller) =>
        new Promise((resolve) => {
          next = (piece) => {
            if (piece instanceof Uint8Array) controller.enqueue(piece);
            else if (piece === 'end') controller.close();
            else controller.error(new Error('the page gave up'));
            resolve();
          };
          port.postMessage('pull');
        }),
      cancel: () => port.postMessage('cancel'),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      'content-type': 'application/zip',
      // RFC 6266, 5987
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
