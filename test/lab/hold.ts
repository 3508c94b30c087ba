// Holds connections open, and prints what becomes of each, a line an event: "EVENT ADDRESS PORT", the address being the client's.
// usage: node hold.js listen PORT...            "open", "end", or the error's code (ECONNABORTED); what comes is sent back
//        node hold.js connect FROM TO PORT...   "open", "echo", "end", or the error's code; a line on standard input is sent to all
import { connect, createServer, type Socket } from 'node:net';

const [role, ...args] = process.argv.slice(2);

const tell = (event: string, address: string, port: number) =>
  process.stdout.write(`${event} ${address.replace(/^::ffff:/, '')} ${port}\n`);

function watch(socket: Socket, address: string, port: number): void {
  socket.on('error', (error: NodeJS.ErrnoException) => tell(error.code ?? 'error', address, port));
  socket.on('end', () => tell('end', address, port));
}

if (role === 'listen') {
  for (const port of args.map(Number)) {
    createServer((socket) => {
      tell('open', socket.remoteAddress ?? '', port);
      watch(socket, socket.remoteAddress ?? '', port);
      socket.pipe(socket);
    }).listen(port, '::', () => tell('listening', '::', port));
  }
} else {
  const [from = '', to = '', ...ports] = args;
  for (const port of ports.map(Number)) {
    const socket = connect({ host: to, port, localAddress: from }, () => tell('open', from, port));
    watch(socket, from, port);
    socket.on('data', () => tell('echo', from, port));
    process.stdin.on('data', (chunk) => socket.writable && socket.write(chunk));
  }
}
