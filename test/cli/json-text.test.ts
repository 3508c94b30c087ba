import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ban } from '../../src/cli/ban.ts';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { confirm } from '../../src/cli/confirm.ts';
import { explain } from '../../src/cli/explain.ts';
import { formatJson } from '../../src/cli/json-text.ts';
import { reload } from '../../src/cli/reload.ts';
import { status } from '../../src/cli/status.ts';
import { unban } from '../../src/cli/unban.ts';
import { listenForControl } from '../../src/daemon/control-server.ts';

const hostile = 'a\x1b[2J\x9b31m\x7f\u202eb\u061c\u2066\u2028 "ä" 🦊';
const escaped = String.raw`a\u001b[2J\u009b31m\u007f\u202eb\u061c\u2066\u2028 \"ä\" 🦊`;

describe('formatJson', () => {
  it('is JSON in which nothing acts on a terminal', () => {
    assert.equal(formatJson({ text: hostile }), `{"text":"${escaped}"}`);
    assert.equal(formatJson([{ text: hostile }], 2), `[\n  {\n    "text": "${escaped}"\n  }\n]`);
    assert.deepEqual(JSON.parse(formatJson({ [hostile]: hostile })), { [hostile]: hostile });
  });
});

describe('--json', () => {
  const commands: [name: string, run: (context: CommandContext) => Promise<unknown>][] = [
    ['status', (context) => status(context)],
    ['explain', (context) => explain(context, '192.0.2.1')],
    ['ban', (context) => ban(context, 'j', ['192.0.2.1'])],
    ['unban', (context) => unban(context, ['192.0.2.1'])],
    ['reload', (context) => reload(context)],
    ['confirm', (context) => confirm(context)],
  ];
  for (const [name, run] of commands) {
    it(`${name}: what a daemon says of log text`, async (t: TestContext) => {
      const directory = mkdtempSync(join(tmpdir(), 'ringjail-json-'));
      const socket = join(directory, 's');
      const answer = { errors: [], notBanned: [], stillBanned: [], jails: [], text: hostile };
      const server = await listenForControl(socket, async () => answer);
      t.after(() => {
        server.close();
        rmSync(directory, { recursive: true });
      });
      const printed: string[] = [];
      const context = { paths: { socket }, isJson: true, print: (text: string) => void printed.push(text) };
      await run(context as unknown as CommandContext);
      assert.deepEqual(JSON.parse(printed.join('\n')), answer);
      assert.ok(printed.join('\n').includes(escaped), printed.join('\n'));
    });
  }
});
