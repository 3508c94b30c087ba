// Programs that shut addresses out or let them in, and the files of the kernel and of TCP wrappers that do. Pure.
import { names, withoutVariant } from './program-name.ts';
import type { ShellWord } from './simple-command.ts';

/** With all that xtables makes of them: `iptables-legacy-restore`, `ebtables-nft`. */
const isTables = (name: string): boolean => /^(?:ip6?|arp|eb)tables(?:-\w+)*$/.test(name);

const isShorewall = (name: string): boolean => /^shorewall6?(?:-lite)?$/.test(name);

const isNamed = names(
  'ipset nft ufw firewall-cmd firewall-offline-cmd ip route pfctl ipfw ipf npfctl csf apf',
  'nsupdate conntrack ss tc tcpkill fail2ban-client imunify imunify360-agent imunify-antivirus cscli fwconsole',
  'gobgp birdc birdcl vtysh varnishadm flarectl a2denysite',
);

/** Others do so only with some of what they are told. */
const tasks: ReadonlyMap<string, RegExp> = new Map([
  ['ringjail', /^(?:un)?ban$/],
  ['aws', /^(?:ec2|waf[\w-]*|network-firewall)$/],
  ['gcloud', /^compute$/],
  ['az', /^network$/],
  ['hcloud', /^firewall$/],
  ['doctl', /^firewall$/],
]);

/** To which a number, a word or the name of a host may be an address that is shut out, or let in. `after`: the words that follow. */
export function shutsOutAddresses(name: string, after: readonly ShellWord[]): boolean {
  if (isNamed(name) || isTables(withoutVariant(name)) || isShorewall(withoutVariant(name))) return true;
  const task = tasks.get(withoutVariant(name));
  return task !== undefined && after.some(({ literal }) => task.test(literal));
}

/** Files of addresses: of TCP wrappers, and of the kernel's xt_recent. Lines that are written there shut out, or let in. */
export const addressFile = /hosts\.(?:deny|allow)|\b(?:xt|ipt)_recent\b/;
