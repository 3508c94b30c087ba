import assert from 'node:assert/strict';
import type { Nftables, SetElements, SetLookup, TableObject, TableReader } from '../../../src/binding/addon.ts';
import type { IpNetwork } from '../../../src/core/ip-network.ts';
import { network } from '../../core/network.ts';

const second = 1_000_000;
const forGood = Number.POSITIVE_INFINITY;

/** Understands the commands of the nftables action, one transaction a call, as the kernel does. */
export class FakeKernel implements Nftables, SetLookup, TableReader {
  nowUsec = 1_700_000_000 * second;
  /** By set, element to its end; undefined where the table is not there. */
  sets: Map<string, Map<string, number>> | undefined;
  /** Whatever is not a set. */
  others: TableObject[] = [];
  /** Transactions that changed elements, a line each. */
  readonly transactions: string[] = [];
  /** All calls that changed anything. */
  readonly runs: string[] = [];
  /** Each is thrown once, in order, by the next calls that change elements. */
  readonly failures: string[] = [];
  /** Says yes to everything, and does nothing. */
  isLying = false;
  #handle = 0;
  readonly #setHandles = new Map<string, number>();

  get clock(): () => number {
    return () => this.nowUsec;
  }

  run(commands: string): string {
    const lines = commands.split('\n');
    const changes = lines.filter((line) => / element /.test(line));
    if (changes.length > 0) {
      const failure = this.failures.shift();
      if (failure !== undefined) throw new Error(failure);
    }
    if (this.isLying) return '';
    this.runs.push(commands);
    const before = { sets: this.sets, others: this.others };
    this.sets = this.sets && new Map(Array.from(this.sets, ([name, elements]) => [name, new Map(elements)]));
    try {
      for (const line of lines) this.#execute(line);
    } catch (error) {
      Object.assign(this, before);
      throw error;
    }
    if (changes.length > 0) this.transactions.push(changes.join('\n'));
    return '';
  }

  objects(): TableObject[] {
    const sets = Array.from(this.sets?.keys() ?? [], (name) => ({ kind: 'set' as const, name, handle: this.#setHandles.get(name) ?? 0 }));
    return this.sets === undefined ? [] : [...this.others, ...sets];
  }

  elements(set: string): SetElements | undefined {
    const elements = this.sets?.get(set);
    if (elements === undefined) return undefined;
    const isInterval = set.endsWith('_net');
    const listed = Array.from(elements, ([text, untilUsec]) => {
      const { bytes, family, prefix } = network(text);
      const left = untilUsec === forGood ? forGood : Math.floor((untilUsec - this.nowUsec) / 1000);
      const first = { key: bytes, left, isEnd: 0 };
      return isInterval ? [first, { key: afterLast({ bytes, family, prefix, text }), left: forGood, isEnd: 1 }] : [first];
    }).flat();
    return {
      keys: Buffer.concat(listed.map(({ key }) => key)),
      leftMs: Float64Array.from(listed, ({ left }) => left),
      isEnd: Buffer.from(listed.map(({ isEnd }) => isEnd)),
    };
  }

  has(set: string, key: Buffer): boolean {
    return Array.from(this.sets?.get(set)?.keys() ?? []).some((text) => key.equals(network(text).bytes));
  }

  #execute(line: string): void {
    const [verb, kind, , , name = ''] = line.split(' ');
    const find = (kindOf: string, nameOf: string) => this.others.find((object) => object.kind === kindOf && object.name === nameOf);
    const without = (gone: (object: TableObject) => boolean) => (this.others = this.others.filter((object) => !gone(object)));
    if (line === 'add table inet ringjail') {
      this.sets ??= new Map();
      const others = this.others.filter((object) => object.kind !== 'table');
      this.others = [{ kind: 'table', name: 'ringjail', handle: find('table', 'ringjail')?.handle ?? ++this.#handle, flags: 0 }, ...others];
    } else if (this.sets === undefined) {
      throw new Error('Error: No such file or directory');
    } else if (line === 'delete table inet ringjail') {
      this.sets = undefined;
      this.others = [];
    } else if (kind === 'element') {
      this.#change(line, this.sets);
    } else if (kind === 'set' && verb === 'add') {
      if (!this.sets.has(name)) {
        this.sets.set(name, new Map());
        this.#setHandles.set(name, ++this.#handle);
      }
    } else if (kind === 'set') {
      const users = new Set(this.others.filter((object) => object.kind === 'rule').map((object) => object.name.split('_')[1]));
      assert.ok(!users.has(name.split('_')[1]), 'busy');
      assert.ok(this.sets.delete(name), line);
    } else if (kind === 'rule' || (verb === 'add' && find(kind ?? '', name) === undefined)) {
      const flags = kind === 'chain' ? { flags: 1 } : kind === 'counter' ? { packets: 0, bytes: 0 } : {};
      this.others = [...this.others, { kind: kind as 'chain' | 'rule' | 'counter', name, handle: ++this.#handle, ...flags }];
    } else if (verb === 'flush') {
      without((object) => object.kind === 'rule' && object.name === name);
    } else if (verb === 'delete') {
      without((object) => object.kind === kind && object.name === name);
    }
  }

  #change(line: string, sets: Map<string, Map<string, number>>): void {
    const [, verb, set = '', list = ''] = /^(add|delete) element inet ringjail (\w+) \{ (.+) \}$/.exec(line) ?? assert.fail(line);
    const elements = sets.get(set);
    if (elements === undefined) throw new Error('Error: No such file or directory');
    for (const item of list.split(', ')) {
      const [, text = '', , days, seconds, ms] = /^([^ ]+)( timeout (\d+)d(\d+)s(\d+)ms)?$/.exec(item) ?? assert.fail(item);
      // nft 1.0.6: "value too large".
      for (const number of item.match(/\d+(?=d|s|ms)/g) ?? []) assert.ok(number.length <= 8, item);
      if (verb === 'delete' && !elements.delete(text)) throw new Error('Error: Could not process rule: No such file or directory');
      if (verb === 'add' && elements.has(text)) throw new Error('Error: Could not process rule: File exists');
      const leftUsec = ((Number(days) * 86_400 + Number(seconds)) * 1000 + Number(ms)) * 1000;
      if (verb === 'add') elements.set(text, days === undefined ? forGood : this.nowUsec + leftUsec);
    }
  }
}

/** The address after the network's last. */
function afterLast({ bytes, prefix }: IpNetwork): Uint8Array {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) + (1n << BigInt(bytes.length * 8 - prefix));
  return Buffer.from(value.toString(16).padStart(bytes.length * 2, '0'), 'hex');
}
