// Run on the attacker: tries to connect from one address to many ports of another at once, and prints what became of each as JSON.
// usage: node knock.js FROM TO PORT...
import { connect } from 'node:net';

// A firewall that drops does not answer; on the laboratory's wire, one that does takes less than a millisecond.
const patienceMs = 200;

const [from = '', to = '', ...ports] = process.argv.slice(2);

const knock = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: to, port, localAddress: from });
    const end = (result: string) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(patienceMs, () => end('silent'));
    socket.on('connect', () => end('connected'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'));
  });

process.stdout.write(JSON.stringify(await Promise.all(ports.map((port) => knock(Number(port))))));
