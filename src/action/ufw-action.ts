// Bans as rules of ufw (ufw(8)), for people who want to see them in `ufw status`. ufw insists on root, takes 0.2 s a rule, and knows no
// end of a rule, so the daemon must be there to lift it; where that matters, nftables is the better action.
import { messageOf, RingjailError } from '../core/errors.ts';
import { type Family, type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';
import { type Action, PartFailure, type Repair, type WantedBans } from './action.ts';
import type { RunCommand } from './run-command.ts';

// By this comment we know our own rules again: a rule that the owner wrote is never deleted, even where it says the same.
const comment = 'ringjail';

/** The way from INPUT to where ufw puts the rules of users, by family. */
const chains = {
  4: ['iptables', ['INPUT', 'ufw-before-input', 'ufw-user-input']],
  6: ['ip6tables', ['INPUT', 'ufw6-before-input', 'ufw6-user-input']],
} as const;

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
    const failures = await this.#agree([...networks.values()], wanted, rules);
    const done = Array.from(wanted.all(), ({ network }) => network).filter(({ text }) => !failures.has(text));
    if (!(await this.#areInForce(done))) {
      throw new RingjailError(
        'unavailable',
        // Where its chains are still there, `ufw reload` alone does not lead INPUT to them (ufw 0.36).
        'ufw lists the bans, but the kernel does not have them: somebody flushed iptables, and more than the bans is gone: ' +
          "sudo /usr/lib/ufw/ufw-init flush-all && sudo ufw reload (flushes others' rules of iptables, too)",
      );
    }
    if (failures.size > 0) throw new PartFailure(failures);
    const { size } = this.#missing;
    this.#missing.clear();
    return size === 0 ? undefined : { found: `${size} ${size === 1 ? 'rule' : 'rules'} of ufw missing`, bans: size };
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<Repair | undefined> {
    const failures = await this.#agree(networks, wanted, await this.#rules());
    if (failures.size > 0) throw new PartFailure(failures);
    return undefined;
  }

  /** Asked of the kernel, in a fiftieth of the time that ufw takes: a reset, a deleted rule, a disabled ufw and a flush all show there. */
  isInForce(wanted: WantedBans): Promise<boolean> {
    return this.#areInForce(Array.from(wanted.all(), ({ network }) => network));
  }

  async #areInForce(networks: readonly IpNetwork[]): Promise<boolean> {
    const missing = new Map(networks.map(({ text, family }) => [text, family]));
    for (const family of [4, 6] as const) {
      if (!Array.from(missing.values()).includes(family)) continue;
      for (const text of await this.#shutOut(family)) missing.delete(text);
    }
    return missing.size === 0;
  }

  /** Why, for each network, what is wanted could not be done; what could be done is done. */
  async #agree(networks: readonly IpNetwork[], wanted: WantedBans, { ours, owners }: Rules): Promise<Map<string, string>> {
    const failures = new Map<string, string>();
    const isWanted = (network: IpNetwork) => wanted.untilUsec(network) !== undefined;
    const tryEach = async (chosen: readonly IpNetwork[], argsOf: (text: string) => readonly string[]) => {
      for (const { text } of chosen) await this.#run('ufw', argsOf(text)).catch((error: unknown) => failures.set(text, messageOf(error)));
    };
    const tooMany = networks.filter((network) => !isWanted(network) && ours.has(network.text));
    await tryEach(tooMany, (text) => ['delete', 'deny', 'from', text]);
    // At the top: a deny after an `allow ssh` would never be reached. `prepend` finds the place for IPv6 rules, which stand after all
    // IPv4 rules, and works with no rule yet; `insert 1` does neither.
    const tooFew = networks.filter((network) => isWanted(network) && !ours.has(network.text) && !owners.has(network.text));
    await tryEach(tooFew, (text) => ['prepend', 'deny', 'from', text, 'comment', comment]);
    const after = await this.#rules();
    for (const network of networks) {
      const { text } = network;
      const isOurs = after.ours.has(text);
      const agrees = isWanted(network) ? isOurs || after.owners.has(text) : !isOurs;
      if (agrees) failures.delete(text);
      else if (!failures.has(text)) failures.set(text, `ufw took the change, but its rules do not agree for ${text}`);
    }
    await this.#requireActive();
    return failures;
  }

  /** What the kernel drops from every port, in the chain that ufw has for it; nothing where that chain is gone, or nothing leads to it. */
  async #shutOut(family: Family): Promise<string[]> {
    const [program, [input, before, chain]] = chains[family];
    try {
      await this.#run(program, ['-w', '5', '-C', input, '-j', before]);
      await this.#run(program, ['-w', '5', '-C', before, '-j', chain]);
      const { stdout } = await this.#run(program, ['-w', '5', '-S', chain]);
      return stdout.split('\n').flatMap((line) => {
        const [, from = ''] = /^-A \S+ -s (\S+) -j DROP$/.exec(line.trim()) ?? [];
        return parseIpNetwork(from)?.text ?? [];
      });
    } catch (error) {
      // The last is what iptables-nft says of a chain that is not there.
      if (/Bad rule|No chain|does not exist|is incompatible/i.test(messageOf(error))) return [];
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
