import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { RingjailError } from '../../src/core/errors.ts';
import { LineFile } from '../../src/source/line-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringjail-lines-'));
after(() => rmSync(directory, { recursive: true }));

async function linesOf(path: string): Promise<{ lines: string[]; file: LineFile }> {
  const file = await LineFile.open(path);
  assert.ok(file);
  const lines: string[] = [];
  for await (const block of file.blocks()) {
    assert.equal(block.at(-1), 0x0a);
    lines.push(...block.toString('latin1').slice(0, -1).split('\n'));
  }
  return { lines, file };
}

function write(content: string | Buffer): string {
  const path = join(directory, 'log');
  writeFileSync(path, content, 'latin1');
  return path;
}

const mebibyte = 1024 * 1024;

describe('LineFile', () => {
  for (const [content, expected] of [
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['\n', ['']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\r\n\0\xff\n', ['a\r', '\0\xff']],
  ] as const) {
    it(JSON.stringify(content), async () => assert.deepEqual((await linesOf(write(content))).lines, expected));
  }

  it('lines across blocks', async () => {
    const expected = Array.from({ length: 20_000 }, (_, index) => `${index} ${'x'.repeat(index % 200)}`);
    const { lines, file } = await linesOf(write(`${expected.join('\n')}\n`));
    assert.deepEqual(lines, expected);
    assert.equal(file.bytesRead, file.sizeBytes);
    assert.equal(file.cutLines, 0);
  });

  for (const [length, isCut] of [
    [mebibyte - 1, false],
    [mebibyte + 256 * 1024, true],
    [5 * mebibyte, true],
  ] as const) {
    it(`a line of ${length} bytes is ${isCut ? 'cut' : 'whole'}, and the next one is not lost`, async () => {
      for (const end of ['\n', '\nnext', '\nnext\n']) {
        const { lines, file } = await linesOf(write(`first\n${'x'.repeat(length)}${end}`));
        assert.equal(lines[0], 'first');
        assert.equal(lines[1]?.length, isCut ? mebibyte : length);
        assert.deepEqual(lines.slice(2), end === '\n' ? [] : ['next']);
        assert.equal(file.cutLines, isCut ? 1 : 0);
      }
    });
  }

  it('a pipe', async () => {
    const path = join(directory, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
    const writer = createWriteStream(path);
    writer.end('a\nb\n');
    const { lines, file } = await linesOf(path);
    assert.deepEqual(lines, ['a', 'b']);
    assert.equal(file.sizeBytes, undefined);
  });

  it('no such file', async () => {
    assert.equal(await LineFile.open(join(directory, 'nowhere')), undefined);
    assert.equal(await LineFile.open(`${'x'.repeat(5000)}`), undefined);
    assert.equal(await LineFile.open('a\0b'), undefined);
  });

  it('a directory', async () => {
    mkdirSync(join(directory, 'd'));
    await assert.rejects(LineFile.open(join(directory, 'd')), (error) => error instanceof RingjailError && error.code === 'usage');
  });
});
