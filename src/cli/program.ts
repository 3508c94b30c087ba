// The command line: commands, options and exit codes (sysexits.h). The only importer of commander.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { messageOf, RingjailError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { pathsOf } from '../daemon/paths.ts';
import { type ActionsOptions, actions } from './actions.ts';
import { ban } from './ban.ts';
import { check } from './check.ts';
import type { CommandContext } from './command-context.ts';
import { confirm } from './confirm.ts';
import { explain } from './explain.ts';
import { importBans } from './import.ts';
import { regex } from './regex.ts';
import { type GivenOptions, readRegexOptions } from './regex-arguments.ts';
import { reload } from './reload.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { type UnbanOptions, unban } from './unban.ts';
import { watch } from './watch.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };

/** Runs what the arguments ask for; resolves with the exit code, and never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    // commander has said what is wrong itself; its own codes are 0 for --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : new RingjailError('usage', '').exitCode;
    if (!(error instanceof RingjailError)) throw error;
    process.stderr.write(`ringjail: ${printable(messageOf(error))}\n`);
    return error.exitCode;
  }
}

type Run = (context: CommandContext) => Promise<number>;

function createProgram(finish: (exitCode: number) => void): Command {
  const program = new Command('ringjail')
    .description('Finds who attacks this machine, in the kernel log, the journal and syslog, and shuts them out with the firewall.')
    .version(version)
    .option('-c, --config <directory>', "configuration, in fail2ban's dialect (default: $CONFIGURATION_DIRECTORY or /etc/ringjail)")
    .option(
      '-s, --socket <path>',
      'control socket of the daemon (default: $RUNTIME_DIRECTORY/ringjail.sock or /run/ringjail/ringjail.sock)',
    )
    .option('--json', 'print JSON instead of text')
    .exitOverride()
    .showHelpAfterError('(ringjail --help tells what there is)');
  const define = (usage: string, description: string, start: (...args: never[]) => Run) => {
    const command = program.command(usage).description(description).configureHelp({ showGlobalOptions: true });
    command.showHelpAfterError(`(ringjail ${command.name()} --help tells what it takes)`);
    command.action(async (...given: unknown[]) => {
      const options = program.opts<{ config?: string; socket?: string; json?: boolean }>();
      const context: CommandContext = {
        version,
        paths: pathsOf(process.env, options),
        isJson: options.json === true,
        print: (text) => void process.stdout.write(`${text}\n`),
        write: async (text) => {
          if (!process.stdout.write(text)) await once(process.stdout, 'drain');
        },
        printError: (message) => void process.stderr.write(`ringjail: ${printable(message)}\n`),
      };
      // commander passes the arguments, then the options and the command itself.
      finish(await (start as (...args: unknown[]) => Run)(...given.slice(0, -2))(context));
    });
  };
  addRun(program, define);
  define(
    'status [jail]',
    'show jails, banned addresses, and the health of sources and actions',
    (jail?: string) => (context) => status(context, jail),
  );
  define(
    'explain <address>',
    'tell why an address (or a user, or what else a jail bans) is banned or is not: records, counts, earlier bans, and whether every action enforces it right now',
    (address: string) => (context) => explain(context, address),
  );
  define(
    'ban <jail> <address...>',
    'ban addresses or networks by hand, for the bantime of the jail',
    (jail: string, addresses: string[]) => (context) => ban(context, jail, addresses),
  );
  addUnban(program, define);
  define(
    'import <program> <path>',
    'take over the bans of fail2ban: ringjail import fail2ban /var/lib/fail2ban/fail2ban.sqlite3',
    (kind: string, path: string) => (context) => importBans(context, kind, path),
  );
  define('reload', 'take the jails and actions that changed in the configuration; bans and counts stay', () => reload);
  define('confirm', 'keep the bans that run --confirm made on probation, and go on banning', () => confirm);
  define(
    'check',
    'tell what every jail will do, and every error with file and line; exit code 78 where something must be mended',
    () => check,
  );
  define('watch', 'show live what the sources deliver and whom the jails would ban; touches nothing', () => watch);
  define('actions', 'run commands of action.d for the daemon, as root (what ringjail-actions.socket starts)', () => (context) => {
    const given = program.commands.find((command) => command.name() === 'actions')?.opts<ActionsOptions>() ?? {};
    return actions(context, given);
  });
  program.commands
    .find((command) => command.name() === 'actions')
    ?.option('--listen <path>', 'listen at this socket instead of the one that systemd hands over')
    .option('--allow-uid <number>', 'a user who may ask, besides root and ringjail');
  addRegex(program, define);
  return program;
}

function addRun(program: Command, define: (usage: string, description: string, start: (...args: never[]) => Run) => void): void {
  const isRun = (command: Command) => command.name() === 'run';
  define('run', 'run the daemon in the foreground (what ringjail.service starts)', () => (context) => {
    return run(context, program.commands.find(isRun)?.opts<{ confirm?: string }>().confirm);
  });
  program.commands
    .find(isRun)
    ?.option('--confirm <time>', 'lift every ban made since the start after this time (10m), unless ringjail confirm is typed before');
}

function addUnban(program: Command, define: (usage: string, description: string, start: (...args: never[]) => Run) => void): void {
  define(
    'unban [address...]',
    'lift the bans of these addresses (or users, or what else a jail bans), or of all with --all',
    (addresses: string[]) => (context) => {
      const { all, jail } = program.commands.find((command) => command.name() === 'unban')?.opts<UnbanOptions>() ?? {};
      const isAll = all === true;
      if (isAll === addresses.length > 0)
        throw new RingjailError('usage', 'name the addresses to unban, or --all: ringjail unban 203.0.113.7');
      return unban(context, isAll ? 'all' : addresses, jail);
    },
  );
  program.commands
    .find((command) => command.name() === 'unban')
    ?.option('--all', 'lift every ban')
    .option('--jail <name>', 'lift only the bans of this jail; those of other jails go on');
}

function addRegex(program: Command, define: (usage: string, description: string, start: (...args: never[]) => Run) => void): void {
  define(
    'regex <source> <filter> [ignoreregex]',
    'show what a filter finds in a log: SOURCE is a file, a log line, kernel, or systemd-journal (with options: systemd-journal[journalpath=DIRECTORY], ' +
      'journalfiles, journalflags, namespace); FILTER a name in filter.d with options (sshd[mode=aggressive]), ' +
      'a filter file, or an expression with <HOST>',
    (source: string, filter: string, ignoreregex: string | undefined) => (context) => {
      const given = program.commands.find((command) => command.name() === 'regex')?.opts<GivenOptions>() ?? {};
      return regex(context, { source, filter, ignoreregex, options: readRegexOptions(given) });
    },
  );
  program.commands
    .find((command) => command.name() === 'regex')
    ?.option('-d, --datepattern <pattern>', "find dates by this instead of the filter's datepattern")
    .option('--timezone <zone>', 'of dates that name none: UTC, UTC+0200, CET')
    .option('-L, --maxlines <number>', 'how many lines an expression may span')
    .option('-m, --journalmatch <match>', "taken instead of the filter's, for the journal only")
    .option('-l, --log-level <level>', 'accepted, as in fail2ban-regex')
    .option('-r, --raw', 'the same as --usedns raw')
    .option('--usedns <word>', 'no: a host name is no <HOST>; yes, warn, raw: it is, and is shown as the log has it')
    .option('-v, --verbose', 'show every expression, with the failures that it found')
    .option(
      '-o, --out <format>',
      'print of each failure only this: row, id, ip, host, user, time, msg, or a text with <ip>, <F-USER> and the like',
    )
    .option('--print-all-matched', 'print all matched lines')
    .option('--print-all-missed', 'print all missed lines, however many')
    .option('--print-all-ignored', 'print all ignored lines, however many')
    .option('--print-no-missed', 'print no missed lines')
    .option('--print-no-ignored', 'print no ignored lines')
    .option('-e, --encoding <name>', 'accepted, as in fail2ban-regex; lines are UTF-8, and what is not is replaced')
    .option('--input <kind>', "file: lines with a date (the default); journal: the journal's messages, without one")
    .option('--now <epoch>', 'what time it is, in seconds since 1970');
}
