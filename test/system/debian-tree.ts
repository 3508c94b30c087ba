// The Debian that system tests boot: of this machine's own release, made by debootstrap once, kept outside the repository.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lab/laboratory.ts';
import { cacheDirectory } from '../lab/staged-program.ts';

// What a server has, and what the program is linked with. No compiler: what is built on this machine must do.
const packages = ['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'iptables', 'nftables', 'procps', 'ufw'];
const services = ['openssh-server', 'bind9', 'postfix', 'rsyslog'];
const libraries = ['libnftables1', 'libnftnl11', 'libmnl0', 'libpcre2-8-0', 'libsystemd0', 'libstdc++6'];

export interface DebianTree {
  readonly path: string;
  /** Whether it has a node of its own; else this machine's, a program of one file, can be mounted into it. */
  readonly hasNode: boolean;
}

/** Makes the tree where it is missing or was made with other packages, which takes about a minute. Only ever read afterwards. */
export async function ensureDebianTree(): Promise<DebianTree> {
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (codename === undefined) throw new Error('/etc/os-release names no VERSION_CODENAME');
  const path = join(cacheDirectory, codename);
  const hasNode = /libnode/.test((await run(['ldd', process.execPath])).stdout);
  const include = [...packages, ...services, ...libraries, ...(hasNode ? ['nodejs'] : [])].join(',');
  const madeWith = `${path}.packages`;
  if (existsSync(path) && existsSync(madeWith) && readFileSync(madeWith, 'utf8') === include) return { path, hasNode };

  const unfinished = `${path}.unfinished`;
  mkdirSync(cacheDirectory, { recursive: true });
  for (const old of [unfinished, madeWith, path]) rmSync(old, { recursive: true, force: true });
  const { code, stdout, stderr } = await run([
    'debootstrap',
    '--variant=minbase',
    `--include=${include}`,
    codename,
    unfinished,
    ...(await mirror(codename)),
  ]);
  if (code !== 0) throw new Error(`debootstrap cannot make ${path}: ${`${stdout}${stderr}`.split('\n').slice(-8).join('\n')}`);
  renameSync(unfinished, path);
  writeFileSync(madeWith, include);
  return { path, hasNode };
}

/** Where this machine itself takes its packages from; debootstrap's own default where it does not say. */
async function mirror(codename: string): Promise<string[]> {
  const { stdout } = await run([
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI)',
    `Codename: ${codename}`,
    'Component: main',
    'Created-By: Packages',
  ]);
  return stdout
    .split('\n')
    .slice(0, 1)
    .filter((uri) => /^https?:/.test(uri));
}
