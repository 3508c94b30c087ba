import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runShell } from '../../src/action/run-command.ts';

const run = (script: string, env: Record<string, string> = {}, timeoutMs = 20_000) => runShell({ script, env, timeoutMs });

describe('runShell', () => {
  it('gives the exit code and what was written to both outputs', async () => {
    assert.deepEqual(await run('echo out; echo err >&2; exit 3'), { exitCode: 3, output: 'out\nerr' });
  });

  it('has nothing of our environment, and nothing to read', async () => {
    process.env['RINGJAIL_SECRET'] = 'x';
    const { output } = await run('env | sort; cat', { RJ_IP: '192.0.2.7' });
    assert.match(output, /RJ_IP=192\.0\.2\.7/);
    assert.doesNotMatch(output, /SECRET|HOME=/);
  });

  it('keeps the end of what is written without end', async () => {
    const { output } = await run('i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done');
    assert.ok(output.length <= 4096 && output.endsWith('line 19999'));
  });

  it('keeps as much of the end as is asked for', async () => {
    const script = 'yes 0123456 | head -c 3000000; echo end';
    const { output } = await runShell({ script, env: {}, timeoutMs: 20_000, mostOutputBytes: 100_000 });
    assert.equal(output, `${'0123456\n'.repeat(12_500).slice(4)}end`);
  });

  it('kills the group, also where the shell waits for another', async () => {
    const marker = `/tmp/ringjail-run-shell-${process.pid}`;
    await assert.rejects(run(`(sleep 2; touch ${marker}) & wait`, {}, 1000), /took longer than 1 s/);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.ok(!existsSync(marker));
  });

  it('does not wait for what the command leaves in the background', async () => {
    const { output } = await run('sleep 60 & echo $!');
    process.kill(Number(output), 'SIGKILL');
  });
});

it('a command in the background does not keep the process alive', () => {
  const module = new URL('../../src/action/run-command.js', import.meta.url).href;
  const program = `import { runShell } from ${JSON.stringify(module)}; void runShell({ script: 'sleep 20', env: {}, timeoutMs: 20_000, isBackground: true });`;
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 10_000 });
  assert.deepEqual({ status, signal }, { status: 0, signal: null });
});
