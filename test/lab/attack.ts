// Run on the attacker: one try at a service of the server from one address, a denied DNS query or a mail to be relayed.
// usage: node attack.js dns|smtp FROM TO [TEXT]...      TEXT: the name asked for, or the addresses that mail is for
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const patienceMs = 3000;
const [kind, from = '', to = '', ...texts] = process.argv.slice(2);

/** A query for the addresses of a name (RFC 1035, 4.1). */
function queryOf(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')]);
  return Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), ...labels, Buffer.from('0000010001', 'hex')]);
}

const ask = (name: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = createSocket(from.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => end('silent'), patienceMs);
    const end = (result: string) => {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    // 5 is REFUSED.
    socket.on('message', (answer) => end(((answer[3] ?? 0) & 15) === 5 ? 'refused' : 'answered'));
    socket.bind(0, from, () => socket.send(queryOf(name), 53, to));
  });

/** Says each line when the server has answered the one before; gives the answers. */
const mail = (lines: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: to, port: 25, localAddress: from });
    let answers = '';
    const left = [...lines];
    const end = () => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(patienceMs, end);
    socket.on('error', end);
    socket.on('close', end);
    socket.on('data', (data) => {
      answers += data.toString('latin1');
      // The last line of an answer has no "-" after its number.
      if (!/^\d{3} .*\r\n$/m.test(data.toString('latin1'))) return;
      const next = left.shift();
      if (next === undefined) socket.end();
      else socket.write(`${next}\r\n`);
    });
  });

const results =
  kind === 'dns'
    ? await Promise.all(texts.map(ask))
    : [await mail(['EHLO attacker.example', 'MAIL FROM:<a@attacker.example>', ...texts.map((text) => `RCPT TO:<${text}>`), 'QUIT'])];
process.stdout.write(JSON.stringify(results));
