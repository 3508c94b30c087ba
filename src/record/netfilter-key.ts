// The keys of the kernel's packet dump (net/netfilter/nf_log_syslog.c), found by a trie that is one table: exact, one step a byte.

/** Keys that stand after the addresses, each at most once. Their ids are below 32: one bit each in a set of those seen. */
export const dumpKey = {
  LEN: 0,
  TOS: 1,
  PREC: 2,
  TTL: 3,
  ID: 4,
  TC: 5,
  HOPLIMIT: 6,
  FLOWLBL: 7,
  PROTO: 8,
  SPT: 9,
  DPT: 10,
  SEQ: 11,
  ACK: 12,
  WINDOW: 13,
  RES: 14,
  URGP: 15,
  TYPE: 16,
  CODE: 17,
  PARAMETER: 18,
  POINTER: 19,
  GATEWAY: 20,
  MTU: 21,
  UID: 22,
  GID: 23,
  MARK: 24,
} as const;

/** UDP's own LEN and the ID of an ICMP echo: the only keys that the kernel writes twice with the same name. */
export const secondKey = { LEN: 25, ID: 26 } as const;

/** Keys between OUT= and SRC=, each at most once; ids from 32 to 63, so that `1 << id` is their bit in a set of their own. */
export const headerKey = {
  PHYSIN: 32,
  PHYSOUT: 33,
  MAC: 34,
  TUNNEL: 35,
  MACSRC: 36,
  MACDST: 37,
  VPROTO: 38,
  VID: 39,
  MACPROTO: 40,
} as const;

/** Keys that hold the record together: each once, at one place. */
export const frameKey = { IN: 64, OUT: 65, SRC: 66, DST: 67 } as const;

export const fragmentKey = 68;
export const noKey = 255;

/** The words after RES=, and their bits in the TCP header (RFC 9293, 3.1; AE is RFC 9768's). */
export const tcpFlag = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20, ECE: 0x40, CWR: 0x80, AE: 0x100 } as const;

/** Protocols that the kernel writes by a name of capital letters; it writes ICMPv6 so, and all others by number. */
export const protocolNames = ['', 'TCP', 'UDP', 'UDPLITE', 'ICMP', 'AH', 'ESP'] as const;

const deadState = 0;
const rootState = 1;
// One byte a state: the names below need 180.
const maxStates = 256;

const next = new Uint8Array(maxStates * 32);
/** What the letters up to a state mean: as a key, as a TCP flag (0: none), as an index of protocolNames (0: none). */
export const keyAt = new Uint8Array(maxStates).fill(noKey);
export const flagAt = new Uint16Array(maxStates);
export const protocolAt = new Uint8Array(maxStates);
/** Letters from the root to a state; 0 for the dead one. */
export const depthOf = new Uint8Array(maxStates);

let states = 2;
for (const [name, id] of Object.entries({ ...dumpKey, ...headerKey, ...frameKey, FRAG: fragmentKey })) keyAt[stateOf(name)] = id;
for (const [name, bit] of Object.entries(tcpFlag)) flagAt[stateOf(name)] = bit;
for (const [index, name] of protocolNames.entries()) if (index > 0) protocolAt[stateOf(name)] = index;

function stateOf(name: string): number {
  let state = rootState;
  for (const letter of name) {
    const edge = (state << 5) | (letter.charCodeAt(0) & 31);
    if (next[edge] === deadState) {
      depthOf[states] = (depthOf[state] ?? 0) + 1;
      next[edge] = states++;
    }
    state = next[edge] ?? deadState;
  }
  return state;
}

/** The state that the capital letters from `at` on lead to, up to the first byte that is none. */
export function stateAfterLetters(bytes: Buffer, at: number, end: number): number {
  let state = rootState;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x41 || byte > 0x5a) break;
    state = next[(state << 5) | (byte & 31)] ?? deadState;
    at++;
  }
  return state;
}
