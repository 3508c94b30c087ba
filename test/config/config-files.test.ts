import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatConfigError } from '../../src/config/config-error.ts';
import { loadMergedConfig } from '../../src/config/config-files.ts';
import type { MergedConfig } from '../../src/config/merged-config.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-config-'));
after(() => rmSync(root, { recursive: true }));

let directories = 0;

/** A new directory with these files. */
function directoryWith(files: Record<string, string | Uint8Array>): string {
  directories += 1;
  const directory = join(root, String(directories));
  mkdirSync(directory);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

const filesOf = (directory: string, config: MergedConfig): string[] => config.files.map((file) => relative(directory, file));

const errorsOf = (directory: string, config: MergedConfig): string[] =>
  config.errors.map((error) => formatConfigError(error).replaceAll(`${directory}/`, ''));

const textOf = (config: MergedConfig, section: string, option: string): string | undefined => {
  const result = config.get(section, option);
  return result.ok ? result.value?.text : 'error';
};

describe('the reading order', () => {
  const everywhere = { 'jail.conf': '1', 'jail.d/a.conf': '2', 'jail.d/b.conf': '3', 'jail.local': '4', 'jail.d/a.local': '5' };
  const entries = Object.entries(everywhere);
  for (let count = 1; count <= entries.length; count++) {
    const [last] = entries[count - 1] ?? [];
    it(`${last} wins over what comes before it`, () => {
      const files = entries.slice(0, count).map(([name, value]): [string, string] => [name, `[a]\nx = ${value}\no${value} = 1\n`]);
      const directory = directoryWith(Object.fromEntries(files.reverse()));
      const config = loadMergedConfig(directory, 'jail');
      assert.deepEqual(config.errors, []);
      assert.equal(textOf(config, 'a', 'x'), String(count));
      assert.equal(config.options('a').length, count + 1);
      assert.deepEqual(
        filesOf(directory, config),
        entries.slice(0, count).map(([name]) => name),
      );
    });
  }

  it('one .local alone', () => {
    const directory = directoryWith({ 'ringjail.local': '[Definition]\nx = 1' });
    assert.equal(textOf(loadMergedConfig(directory, 'ringjail'), 'Definition', 'x'), '1');
  });

  it('neither hidden files nor others', () => {
    const directory = directoryWith({ 'jail.conf': '', 'jail.d/.a.conf': 'x', 'jail.d/a.conf.bak': 'x', 'jail.d/README': 'x' });
    assert.deepEqual(filesOf(directory, loadMergedConfig(directory, 'jail')), ['jail.conf']);
  });

  it('a file masked with /dev/null', () => {
    const directory = directoryWith({ 'jail.conf': '[a]' });
    symlinkSync('/dev/null', join(directory, 'jail.local'));
    assert.deepEqual(loadMergedConfig(directory, 'jail').errors, []);
  });
});

describe('includes', () => {
  const load = (files: Record<string, string>, name = 'jail'): { files: string[]; errors: string[]; config: MergedConfig } => {
    const directory = directoryWith(files);
    const config = loadMergedConfig(directory, name);
    return { files: filesOf(directory, config), errors: errorsOf(directory, config), config };
  };

  it('before and after, one a line, each with its .local, recursively, relative to the including file', () => {
    const { files, errors } = load({
      'jail.conf': '[INCLUDES]\nbefore = sub/a.conf\n         sub/b.conf\nafter =\n  z.conf\n',
      'sub/a.conf': '[INCLUDES]\nbefore = c.conf\n',
      'sub/a.local': '[INCLUDES]\nafter = d.conf\n',
      'sub/b.conf': '',
      'sub/c.conf': '',
      'sub/c.local': '',
      'sub/d.conf': '',
      'z.conf': '',
      'jail.local': '',
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(files, [
      'sub/c.conf',
      'sub/c.local',
      'sub/a.conf',
      'sub/a.local',
      'sub/d.conf',
      'sub/b.conf',
      'jail.conf',
      'z.conf',
      'jail.local',
    ]);
  });

  it('a filter includes its neighbour', () => {
    const { files } = load({ 'filter.d/sshd.conf': '[INCLUDES]\nbefore = common.conf', 'filter.d/common.conf': '' }, 'filter.d/sshd');
    assert.deepEqual(files, ['filter.d/common.conf', 'filter.d/sshd.conf']);
  });

  it('the name may be interpolated', () => {
    const { files } = load({ 'jail.conf': '[DEFAULT]\nos = debian\n[INCLUDES]\nbefore = paths-%(os)s.conf', 'paths-debian.conf': '' });
    assert.deepEqual(files, ['paths-debian.conf', 'jail.conf']);
  });

  it('known/ sees through them', () => {
    const { config } = load({
      'jail.conf': '[INCLUDES]\nbefore = a.conf\n[a]\nx = %(known/x)s 2',
      'a.conf': '[a]\nx = 0',
      'a.local': '[a]\nx = %(known/x)s 1',
    });
    assert.equal(textOf(config, 'a', 'x'), '0 1 2');
  });

  it('a missing .local is no error', () => assert.deepEqual(load({ 'jail.conf': '[INCLUDES]\nafter = common.local' }).errors, []));

  it('one file on two ways', () => {
    const { files, errors } = load({
      'jail.conf': '[INCLUDES]\nbefore = a.conf\n b.conf',
      'a.conf': '[INCLUDES]\nafter = b.conf',
      'b.conf': '',
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(files, ['a.conf', 'b.conf', 'b.conf', 'jail.conf']);
  });

  const bad: [string, Record<string, string>, string[]][] = [
    [
      'missing',
      { 'jail.conf': '[INCLUDES]\nbefore =\n  nowhere.conf' },
      ['jail.conf:3: cannot include "nowhere.conf": no such file; create it or take the include out'],
    ],
    [
      'missing, with a neighbour of nearly that name',
      { 'jail.conf': '[INCLUDES]\nbefore = paths-debain.conf', 'paths-debian.conf': '' },
      ['jail.conf:2: cannot include "paths-debain.conf": no such file; did you mean "paths-debian.conf"?'],
    ],
    ['a directory', { 'jail.conf': '[INCLUDES]\nbefore = sub', 'sub/x': '' }, ['sub: no regular file; put a text file here or remove it']],
    [
      'itself',
      { 'jail.conf': '[INCLUDES]\nbefore = jail.conf' },
      ['jail.conf:2: include of "jail.conf" leads back to itself: "jail.conf -> jail.conf"; take one of these includes out'],
    ],
    [
      'a loop',
      { 'jail.conf': '[INCLUDES]\nbefore = a.conf', 'a.conf': '[INCLUDES]\nafter = ./b.conf', 'b.conf': '\n[INCLUDES]\nbefore = a.conf' },
      ['b.conf:3: include of "a.conf" leads back to itself: "a.conf -> b.conf -> a.conf"; take one of these includes out'],
    ],
    [
      'an unknown name in it',
      { 'jail.conf': '[INCLUDES]\nbefore = %(x)s' },
      ['jail.conf:2: "%(x)s" is set nowhere in [INCLUDES] or [DEFAULT]; set it there, or write %% for a percent sign'],
    ],
    [
      'an error in the included file',
      { 'jail.conf': '[INCLUDES]\nbefore = a.conf\nafter = a.conf', 'a.conf': 'x' },
      ['a.conf:1: "x" stands before the first section; put a line such as [DEFAULT] or [sshd] above it'],
    ],
  ];
  for (const [name, files, expected] of bad) {
    it(`error: ${name}`, () => {
      const { errors, files: read } = load(files);
      assert.deepEqual(errors, expected);
      assert.ok(read.includes('jail.conf'));
    });
  }

  it('an exponential number of includes is bounded', () => {
    const levels = Array.from({ length: 40 }, (_, index) => [
      `l${index}.conf`,
      `[INCLUDES]\nbefore = l${index + 1}.conf\nafter = l${index + 1}.conf`,
    ]);
    const { errors } = load({ 'jail.conf': '[INCLUDES]\nbefore = l0.conf', ...Object.fromEntries(levels), 'l40.conf': '' });
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /more than 500 includes/);
  });

  for (const name of ['a.conf', 'none.local', 'none.conf']) {
    it(`100,000 includes of ${name} are bounded`, () => {
      const { errors } = load({ 'jail.conf': `[INCLUDES]\nbefore = ${`${name}\n `.repeat(100_000)}`, 'a.conf': '' });
      assert.match(errors.at(-1) ?? '', /more than 500 includes/);
    });
  }

  it('a linked directory in which a file includes itself', () => {
    const directory = directoryWith({ 'jail.conf': '[INCLUDES]\nbefore = d/jail.conf' });
    symlinkSync('.', join(directory, 'd'));
    const config = loadMergedConfig(directory, 'jail');
    const loop = 'jail.conf:2: include of "d/jail.conf" leads back to itself: "jail.conf -> jail.conf"; take one of these includes out';
    assert.deepEqual(errorsOf(directory, config), [loop]);
  });

  it('a linked file includes the neighbours of the link', () => {
    const directory = directoryWith({ 'store/1-jail.conf': '[INCLUDES]\nbefore = a.conf', 'a.conf': '' });
    symlinkSync('store/1-jail.conf', join(directory, 'jail.conf'));
    assert.deepEqual(filesOf(directory, loadMergedConfig(directory, 'jail')), ['a.conf', 'jail.conf']);
  });
});

describe('what cannot be read', () => {
  it('no directory', () => {
    const directory = join(root, 'none');
    assert.deepEqual(loadMergedConfig(directory, 'jail').errors.map(formatConfigError), [`${directory}: no such file or directory`]);
    assert.deepEqual(loadMergedConfig(directory, 'filter.d/sshd').errors.map(formatConfigError), [
      `${directory}: no such file or directory`,
    ]);
  });

  it('no file, with a neighbour of nearly that name', () => {
    const directory = directoryWith({ 'filter.d/sshd.conf': '' });
    const message = 'filter.d/ssdh.conf: no such file, and no ssdh.local; did you mean "sshd"?';
    assert.deepEqual(errorsOf(directory, loadMergedConfig(directory, 'filter.d/ssdh')), [message]);
  });

  it('no file, which may be so', () => assert.deepEqual(loadMergedConfig(directoryWith({}), 'ringjail', { isOptional: true }).errors, []));

  it('a file in place of the directory', () => {
    const directory = directoryWith({ 'jail.d': '', 'jail.conf': '' });
    assert.deepEqual(errorsOf(directory, loadMergedConfig(directory, 'jail')), ['jail.d: a part of the path is no directory']);
  });

  const bytes: [string, Uint8Array, RegExp][] = [
    ['ISO 8859-1', Buffer.from('[a]\nx = 1\n# caf\xe9\n', 'latin1'), /^jail\.local:3: not UTF-8; convert the file/],
    ['UTF-16', Buffer.from('\uFEFF[a]\nx = 1\n', 'utf16le'), /^jail\.local:1: not UTF-8/],
    ['NUL', Buffer.from('[a]\nx = \0\n'), /^jail\.local:2: binary data/],
    [
      'random',
      Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + (index >> 3)) & 0xff)),
      /^jail\.local:\d+: (not UTF-8|binary)/,
    ],
    ['more than 4 MiB', Buffer.alloc(4 * 1024 * 1024 + 1, '# '), /^jail\.local: larger than 4096 KiB/],
  ];
  for (const [name, content, message] of bytes) {
    it(`${name}: one error, and the other files stay`, () => {
      const directory = directoryWith({ 'jail.conf': '[a]\nx = conf', 'jail.local': content });
      const config = loadMergedConfig(directory, 'jail');
      const errors = errorsOf(directory, config);
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', message);
      assert.equal(textOf(config, 'a', 'x'), 'conf');
    });
  }

  it('4 MiB are read', () => {
    const directory = directoryWith({ 'jail.conf': Buffer.alloc(4 * 1024 * 1024, '# ') });
    assert.deepEqual(loadMergedConfig(directory, 'jail').errors, []);
  });

  it('CRLF and a byte order mark', () => {
    const config = loadMergedConfig(directoryWith({ 'jail.conf': '\uFEFF[a]\r\nx = 1\r\n  2\r\n' }), 'jail');
    assert.deepEqual(config.errors, []);
    assert.equal(textOf(config, 'a', 'x'), '1\n2');
  });

  it('an endless device', () => {
    const directory = directoryWith({});
    symlinkSync('/dev/zero', join(directory, 'jail.conf'));
    assert.deepEqual(errorsOf(directory, loadMergedConfig(directory, 'jail')), [
      'jail.conf: no regular file; put a text file here or remove it',
    ]);
  });

  it('a socket', async () => {
    const directory = directoryWith({});
    const server = createServer().listen(join(directory, 'jail.conf'));
    await new Promise((resolve) => server.once('listening', resolve));
    assert.match(errorsOf(directory, loadMergedConfig(directory, 'jail'))[0] ?? '', /^jail\.conf: cannot be read \(ENXIO\)/);
    server.close();
  });

  it('symbolic links that lead to each other', () => {
    const directory = directoryWith({});
    symlinkSync('jail.conf', join(directory, 'jail.conf'));
    assert.deepEqual(errorsOf(directory, loadMergedConfig(directory, 'jail')), ['jail.conf: symbolic links that lead to each other']);
  });
});
