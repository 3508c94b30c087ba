// A full and a read-only disk, real ones: a tmpfs of a few megabytes in a mount namespace of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needsRoot } from './requires-root.ts';

const trial = fileURLToPath(new URL('../lab/full-disk.js', import.meta.url));

describe('the store on a disk that is full, or read-only', { timeout: 120_000, skip: needsRoot }, () => {
  test('goes on in memory, says so, and writes everything when it can', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ringjail-full-'));
    try {
      const { status, stdout, stderr } = spawnSync('unshare', ['-m', process.execPath, trial, directory], { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
      assert.equal(stdout.split('are back').length - 1, 5, stdout);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
