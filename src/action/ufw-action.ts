// Bans as rules of ufw (ufw(8)), for people who want to see them in `ufw status`. ufw insists on root, takes 0.2 s a rule, and knows no
// end of a rule, so the daemon must be there to lift it; where that matters, nftables is the better action.
import { messageOf, RingjailError } from '../core/errors.ts';
import { type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';
import type { Action, Repair, WantedBans } from './action.ts';
import type { RunCommand } from './run-command.ts';

// By this comment we know our own rules again: a rule that the owner wrote is never deleted, even where it says the same.
const comment = 'ringjail';

/** Where ufw puts the rules of users, by family. */
const chains = { 4: ['iptables', 'ufw-user-input'], 6: ['ip6tables', 'ufw6-user-input'] } as const;

interface Rules {
  readonly ours: ReadonlyMap<string, IpNetwork>;
  readonly owners: ReadonlySet<string>;
}

export class UfwAction implements Action {
  readonly name = 'ufw';
  readonly #run: RunCommand;
  /** Found missing and not told yet: ufw may have refused to work since. */
  readonly #missing = new Set<string>();

  constructor(run: RunCommand) {
    this.#run = run;
  }

  async reconcile(wanted: WantedBans): Promise<Repair | undefined> {
    const rules = await this.#rules();
    const networks = new Map(Array.from(wanted.all(), ({ network }) => [network.text, network]));
    for (const text of networks.keys()) if (!rules.ours.has(text) && !rules.owners.has(text)) this.#missing.add(text);
    for (const [text, network] of rules.ours) networks.set(text, network);
    await this.#agree([...networks.values()], wanted, rules);
    if (!(await this.isInForce(wanted))) {
      throw new RingjailError(
        'unavailable',
        'ufw lists the bans, but the kernel does not have them: somebody flushed iptables, and more than the bans is gone: sudo ufw reload',
      );
    }
    const { size } = this.#missing;
    this.#missing.clear();
    return size === 0 ? undefined : { found: `${size} ${size === 1 ? 'rule' : 'rules'} of ufw missing`, bans: size };
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<Repair | undefined> {
    await this.#agree(networks, wanted, await this.#rules());
    return undefined;
  }

  /** Asked of the kernel, in a fiftieth of the time that ufw takes: a reset, a deleted rule, a disabled ufw and a flush all show there. */
  async isInForce(wanted: WantedBans): Promise<boolean> {
    const missing = new Set(Array.from(wanted.all(), ({ network }) => network.text));
    for (const family of [4, 6] as const) {
      if (!Array.from(missing).some((text) => text.includes(':') === (family === 6))) continue;
      for (const text of await this.#shutOut(family)) missing.delete(text);
    }
    return missing.size === 0;
  }

  async #agree(networks: readonly IpNetwork[], wanted: WantedBans, { ours, owners }: Rules): Promise<void> {
    const isWanted = (network: IpNetwork) => wanted.untilUsec(network) !== undefined;
    for (const network of networks) {
      const { text } = network;
      // At the top: a deny after an `allow ssh` would never be reached. `prepend` finds the place for IPv6 rules, which stand after all
      // IPv4 rules, and works with no rule yet; `insert 1` does neither.
      if (isWanted(network) && !ours.has(text) && !owners.has(text))
        await this.#run('ufw', ['prepend', 'deny', 'from', text, 'comment', comment]);
      if (!isWanted(network) && ours.has(text)) await this.#run('ufw', ['delete', 'deny', 'from', text]);
    }
    const after = await this.#rules();
    const agrees = (network: IpNetwork) => {
      const isOurs = after.ours.has(network.text);
      return isWanted(network) ? isOurs || after.owners.has(network.text) : !isOurs;
    };
    const wrong = networks.filter((network) => !agrees(network));
    if (wrong.length > 0) throw new RingjailError('unavailable', `ufw took the change, but its rules do not agree for ${wrong[0]?.text}`);
    await this.#requireActive();
  }

  /** What the kernel drops from every port, in the chain that ufw has for it; nothing where that chain is gone. */
  async #shutOut(family: 4 | 6): Promise<string[]> {
    const [program, chain] = chains[family];
    try {
      const { stdout } = await this.#run(program, ['-w', '5', '-S', chain]);
      return stdout.split('\n').flatMap((line) => {
        const [, from = ''] = /^-A \S+ -s (\S+) -j DROP$/.exec(line.trim()) ?? [];
        return parseIpNetwork(from)?.text ?? [];
      });
    } catch (error) {
      // The last is what iptables-nft says of a chain that is not there.
      if (/No chain|does not exist|is incompatible/i.test(messageOf(error))) return [];
      throw error;
    }
  }

  /** Rules that deny everything from one network: ours by their comment, and the owner's. */
  async #rules(): Promise<Rules> {
    const { stdout } = await this.#run('ufw', ['show', 'added']);
    const ours = new Map<string, IpNetwork>();
    const owners = new Set<string>();
    for (const line of stdout.split('\n')) {
      const [, from = '', said] = /^ufw deny from (\S+)(?: comment '(.*)')?$/.exec(line.trim()) ?? [];
      const network = parseIpNetwork(from);
      if (network === undefined) continue;
      if (said === comment) ours.set(network.text, network);
      else owners.add(network.text);
    }
    return { ours, owners };
  }

  async #requireActive(): Promise<void> {
    const { stdout } = await this.#run('ufw', ['status']);
    if (!/^Status: active/m.test(stdout)) {
      throw new RingjailError(
        'unavailable',
        'ufw is not active, so that its rules shut nobody out: sudo ufw enable, or use action = nftables',
      );
    }
  }
}
