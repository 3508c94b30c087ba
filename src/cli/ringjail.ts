#!/usr/bin/env node
// The program's entry: the command line in, an exit code out.
import { main } from './program.ts';

process.exitCode = await main(process.argv);
