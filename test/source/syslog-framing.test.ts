import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { longestFrame, SyslogFraming } from '../../src/source/syslog-framing.ts';

/** The frames of a stream that comes in these chunks; the last one is undefined where half a frame was thrown away. */
function read(...chunks: (string | Buffer)[]) {
  const frames: (string | undefined)[] = [];
  const framing = new SyslogFraming((bytes, start, end) => frames.push(bytes.toString('latin1', start, end)));
  for (const chunk of chunks) framing.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, 'latin1'));
  if (!framing.end()) frames.push(undefined);
  return { frames, truncated: framing.truncated };
}

const streams: Readonly<Record<string, readonly (string | undefined)[]>> = {
  '': [],
  '<13>a\n<13>b\n': ['<13>a', '<13>b'],
  '<13>a\n\n\n<13>b\n': ['<13>a', '<13>b'],
  '<13>a\r\n': ['<13>a\r'],
  '5 <13>a5 <13>b': ['<13>a', '<13>b'],
  '7 <13>a\n\n5 <13>b': ['<13>a\n\n', '<13>b'],
  // One that counts and ends the line, too.
  '5 <13>a\n5 <13>b\n': ['<13>a', '<13>b'],
  // Both in one stream.
  '<13>a\n5 <13>b<13>c\n6 <13>dd': ['<13>a', '<13>b', '<13>c', '<13>dd'],
  // Numbers that are no lengths.
  '5 apples\n5 <13>a': ['5 apples', '<13>a'],
  '0 <13>a\n': ['0 <13>a'],
  '05 <13>a\n': ['05 <13>a'],
  '5  <13>a\n': ['5  <13>a'],
  '5<13>a\n': ['5<13>a'],
  '1234567890 <13>a\n': ['1234567890 <13>a'],
  '2026-11-22T01:02:03Z x\n': ['2026-11-22T01:02:03Z x'],
  ' <13>a\n': [' <13>a'],
  // Ends.
  '<13>a': ['<13>a'],
  '12': ['12'],
  '12 ': ['12 '],
  '9 <13>a': [undefined],
  '5 <13>a9 <13>': ['<13>a', undefined],
};

describe('SyslogFraming', () => {
  for (const [stream, frames] of Object.entries(streams)) {
    it(JSON.stringify(stream), () => {
      assert.deepEqual(read(stream).frames, frames);
      assert.deepEqual(read(...stream).frames, frames, 'byte by byte');
    });
  }

  for (const [name, frame] of [
    ['lines', (text: string) => `${text}\n`],
    ['counted', (text: string) => `${text.length} ${text}`],
  ] as const) {
    const longest = `<13>${'x'.repeat(longestFrame - 4)}`;
    it(`${name}: 64 KiB is whole, one more is cut, and the connection goes on`, () => {
      const stream = frame(longest) + frame(`${longest}y`) + frame('<13>next');
      const expected = { frames: [longest, longest, '<13>next'], truncated: 1 };
      assert.deepEqual(read(stream), expected);
      assert.deepEqual(read(...(stream.match(/.{1,1000}/gs) ?? [])), expected);
    });
  }

  it('a counted message of a gigabyte takes 64 KiB', () => {
    const framing = new SyslogFraming(() => assert.fail('it has not ended'));
    framing.push(Buffer.from('999999999 <13>'));
    for (let chunk = 0; chunk < 100; chunk++) framing.push(Buffer.alloc(65_536, 'x'));
    assert.equal(framing.end(), false);
  });
});
