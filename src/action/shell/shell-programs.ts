// Programs by what they make of their arguments and their input. Pure.
import { names } from './program-name.ts';

const shellNames = 'sh bash rbash dash ash ksh mksh pdksh lksh oksh zsh csh tcsh fish yash posh rc es elvish nu xonsh pwsh powershell';
const languageNames = 'perl python pypy ruby irb php node nodejs deno bun lua luajit tclsh wish guile Rscript julia groovy jshell ipython';

export const isShell = names(shellNames, 'busybox toybox su runuser');
export const isLanguage = names(languageNames, 'expect gnuplot mongosh mongo cqlsh');

/** Whose first operand is the file of a program, and the rest its arguments. */
export const readsFile = names(shellNames, languageNames);

/** Pattern or query: a word of letters and digits means itself there, and runs nothing. */
const patternNames = 'awk gawk mawk nawk sed gsed';
const queryNames = 'sqlite sqlite3 mysql mariadb psql';

/** Wherever they stand in a command, they take what follows for a program: nobody knows all that start others. */
export const isInterpreter = (name: string): boolean => isShell(name) || isLanguage(name) || names(patternNames)(name);

/** Whose arguments are a program, or hold one. */
export const argumentsAreCode = (name: string): boolean => isInterpreter(name) || isBuiltin(name) || runsArguments(name);

const isBuiltin = names('eval . source trap alias let [[');

/** That give what follows the name of a host to a shell there, or else what they read. */
export const isRemoteShell = names('ssh autossh slogin dbclient rsh remsh rexec plink mosh');

const runsOthers = names(
  'find parallel watch script gdb ed ex vi vim m4 make nft crontab at batch tmux screen xdotool osqueryi sg capsh',
  'ansible ansible-playbook salt salt-ssh salt-call pssh parallel-ssh pdsh clush dsh socat influx duckdb clickhouse-client dc',
);

/** Programs, not parts of a shell: another program may start them. */
export const runsArguments = (name: string): boolean => isRemoteShell(name) || runsOthers(name) || names(queryNames)(name);

/** Whose input is a program, whatever the arguments. */
export const inputIsCode = names(
  queryNames,
  'at batch ed ex m4 gdb crontab nft parallel tmux screen dc duckdb clickhouse-client',
  'sftp ftp tnftp ncftp lftp smbclient telnet sqlplus redis-cli valkey-cli',
);

/** Of these, those that read nothing where an operand says what to do: what comes before it, and the options that make them read. */
const commandTakers: ReadonlyMap<string, { readonly valued: RegExp; readonly reading: RegExp }> = new Map([
  ['nft', { valued: /^(?:-I|-D|--includepath|--define)$/, reading: /^-\w*[fi]|^--(?:file|interactive)/ }],
  ...['redis-cli', 'valkey-cli'].map((name) => [name, { valued: /^(?:-[hpsanurid]|--user|--pass)$/, reading: /^--pipe/ }] as const),
]);

/** Whether nothing that it reads is a program to it, as its operands are one. */
export function hasCommand(name: string, operands: readonly string[]): boolean {
  const taker = commandTakers.get(name);
  if (taker === undefined || operands.some((operand) => taker.reading.test(operand))) return false;
  return operands.some((operand, at) => !operand.startsWith('-') && !taker.valued.test(operands[at - 1] ?? ''));
}

/** Programs that are given another program to run, with the operands that come before it and the options that have a value. */
const wrappers: ReadonlyMap<string, { readonly operands: number; readonly options: string }> = new Map(
  Object.entries({
    env: [0, '-u -C'],
    sudo: [0, '-u -g -h -p -C -D -R -T'],
    doas: [0, '-u -C'],
    timeout: [1, '-k -s'],
    nice: [0, '-n'],
    ionice: [0, '-c -n -p'],
    chrt: [1, '-T -P -D'],
    taskset: [1, ''],
    stdbuf: [0, '-i -o -e'],
    setpriv: [0, ''],
    setsid: [0, ''],
    nohup: [0, ''],
    exec: [0, '-a'],
    command: [0, ''],
    builtin: [0, ''],
    coproc: [0, ''],
    time: [0, '-o -f'],
    chroot: [1, ''],
    flock: [1, '-w -E'],
    unbuffer: [0, ''],
    xargs: [0, '-I -n -P -L -d -a -s -E'],
    nsenter: [0, '-t -S -G'],
    unshare: [0, '-S -G -R'],
    'systemd-run': [0, '-u -p -M -H -E'],
    'systemd-cat': [0, '-t -p'],
    docker: [2, '-e -u -w'],
    podman: [2, '-e -u -w'],
    'lxc-attach': [0, '-n'],
  } satisfies Record<string, [number, string]>).map(([name, [operands, options]]) => [name, { operands, options }]),
);

/** Those that start a shell where they are given nothing to run. */
export const startsShell = names('sudo doas chroot nsenter unshare lxc-attach');

export const isMailer = names('mail mailx s-nail mutt sendmail exim exim4');

/** That run lines of their input that begin with "~!" (CVE-2021-32749): GNU mailutils, and what may be it. */
export const runsTildeLines = names('mail mailx');

/** Some of whose options run a program, or read and write files. */
export const hasRunningOptions = names(
  'mail mailx s-nail mutt sendmail exim exim4 curl wget tar rsync scp sftp git zip cpio man openssl ffmpeg sort dig nmap',
);

export const wrapperOf = (name: string) => wrappers.get(name);

/** To which a name of a program is a word like others, and whose options run nothing. */
export const takesData = names(
  'echo printf logger test [ : true false mail mailx s-nail sendmail curl grep egrep fgrep zgrep case for export local readonly set unset',
  'cat tee head tail cut tr sort uniq wc date basename dirname which type hash kill pkill pgrep killall pidof systemctl service sleep',
  'rm cp mv touch mkdir ln ls chmod chown truncate read return exit cd id whois dig host nslookup geoiplookup',
);

/** To which an address is one, though they only ask. */
export const asksForAddresses = names('whois nmap ping');

/** Whose operands are the names of files, to make or to take away. */
export const takesFiles = names('rm rmdir unlink touch mv cp mkdir ln tee truncate install shred cat head tail chmod chown cd pushd dd');

/** Whose operand is a regular expression. */
export const takesPatterns = names(patternNames, 'grep egrep zgrep expr pkill pgrep');

export const takesQueries = names(queryNames, 'jq');
