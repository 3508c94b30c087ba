// Bans as rules of ufw (ufw(8)), for people who want to see them in `ufw status`. ufw insists on root, takes 0.2 s a rule, and knows no
// end of a rule, so the daemon must be there to lift it; where that matters, nftables is the better action.
import { RingjailError } from '../core/errors.ts';
import { type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';
import type { Action, Repair, WantedBans } from './action.ts';
import type { RunCommand } from './run-command.ts';

// By this comment we know our own rules again: a rule that the owner wrote is never deleted, even where it says the same.
const comment = 'ringjail';

export class UfwAction implements Action {
  readonly name = 'ufw';
  readonly #run: RunCommand;

  constructor(run: RunCommand) {
    this.#run = run;
  }

  async reconcile(wanted: WantedBans): Promise<Repair | undefined> {
    const { ours } = await this.#rules();
    const networks = new Map(Array.from(wanted.all(), ({ network }) => [network.text, network]));
    for (const [text, network] of ours) networks.set(text, network);
    return this.enforce([...networks.values()], wanted);
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<Repair | undefined> {
    const { ours, owners } = await this.#rules();
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
    return undefined;
  }

  /** Rules that deny everything from one network: ours by their comment, and the owner's. */
  async #rules(): Promise<{ ours: Map<string, IpNetwork>; owners: Set<string> }> {
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
