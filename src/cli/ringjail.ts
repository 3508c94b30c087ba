#!/usr/bin/env node
// The program's entry: the command line in, an exit code out.
import { systemCodeOf } from '../core/errors.ts';
import { main } from './program.ts';

// Whoever reads our output may stop: `ringjail regex ... | head`.
process.stdout.on('error', (error) => {
  if (systemCodeOf(error) !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv);
