import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseListenAddress } from '../../src/source/listen-address.ts';

const read = {
  'udp://127.0.0.1:5514': { transport: 'udp', host: '127.0.0.1', port: 5514, text: 'udp://127.0.0.1:5514' },
  'tcp://0.0.0.0:1': { transport: 'tcp', host: '0.0.0.0', port: 1, text: 'tcp://0.0.0.0:1' },
  'udp://[::1]:65535': { transport: 'udp', host: '::1', port: 65_535, text: 'udp://[::1]:65535' },
  'udp://[0:0::0001]:05514': { transport: 'udp', host: '::1', port: 5514, text: 'udp://[::1]:5514' },
  'unix:///run/ringjail/syslog.sock': { transport: 'unix', path: '/run/ringjail/syslog.sock', text: 'unix:///run/ringjail/syslog.sock' },
  [`unix:///${'x'.repeat(106)}`]: { transport: 'unix', path: `/${'x'.repeat(106)}`, text: `unix:///${'x'.repeat(106)}` },
};

const refused: Readonly<Record<string, RegExp>> = {
  '': /such as udp:/,
  '127.0.0.1:5514': /such as udp:/,
  'UDP://127.0.0.1:5514': /such as udp:/,
  'tls://127.0.0.1:5514': /such as udp:/,
  'udp://127.0.0.1': /ADDRESS:PORT/,
  'udp://127.0.0.1:0': /from 1 to 65535/,
  'udp://127.0.0.1:65536': /from 1 to 65535/,
  'udp://:5514': /before the port/,
  'udp://*:5514': /before the port/,
  'udp://localhost:5514': /names and zones are not taken/,
  'udp://[fe80::1%eth0]:5514': /names and zones are not taken/,
  'udp://::1:5514': /in brackets/,
  'udp://[127.0.0.1]:5514': /before the port/,
  'udp://[::ffff:127.0.0.1]:5514': /before the port/,
  'unix://run/x': /absolute path/,
  'unix:///': /absolute path/,
  'unix:///run/': /absolute path/,
  'unix:///a\0b': /absolute path/,
  [`unix:///${'x'.repeat(107)}`]: /107 bytes/,
};

describe('parseListenAddress', () => {
  for (const [text, value] of Object.entries(read)) it(text, () => assert.deepEqual(parseListenAddress(text), { ok: true, value }));
  for (const [text, expected] of Object.entries(refused)) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const result = parseListenAddress(text);
      assert.match(result.ok ? 'it is taken' : result.error, expected);
    });
  }
});
