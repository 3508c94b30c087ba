// Actions of action.d that need no commands: `native = mail`, `mail-whois` or `webhook` in [Definition], with their options in [Init].
import type { MailOptions } from '../action/mail-action.ts';
import { parseDuration } from '../core/duration.ts';
import type { NamedDefinition } from './action-list.ts';
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { nearestName, suggestName } from './nearest-name.ts';
import { OptionReader, parseBoolean } from './option-reader.ts';

export type Notice =
  | { readonly kind: 'mail'; readonly options: Pick<MailOptions, 'from' | 'to' | 'transport' | 'hasWhois'> }
  | { readonly kind: 'webhook'; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly timeoutMs: number };

export interface LoadedNotice {
  /** Undefined where there are errors. */
  readonly notice: Notice | undefined;
  readonly errors: readonly ConfigError[];
  readonly files: readonly string[];
}

const mailOptions = ['dest', 'sender', 'sendmail', 'server', 'tls', 'user', 'password', 'timeout'];
const webhookOptions = ['url', 'headers', 'timeout'];
const kinds = ['mail', 'mail-whois', 'webhook'];
const sendmailPath = '/usr/sbin/sendmail';

/** Undefined where the definition is one of commands. */
export function loadNotice(
  directory: string,
  { name, options }: NamedDefinition,
  { section, origin }: { readonly section: string; readonly origin: Origin },
  hostName: string,
): LoadedNotice | undefined {
  if (!/^\w[\w.-]*$/.test(name)) return undefined;
  const config = loadMergedConfig(directory, `action.d/${name}`);
  const kind = new OptionReader(config, 'Definition').value('native');
  if (config.errors.length > 0 || kind === undefined) return undefined;
  const init = new OptionReader(config, 'Init');
  const errors: ConfigError[] = [];
  const fail = (at: Origin, message: string) => void errors.push({ ...at, section, message });
  const known = kind.text === 'webhook' ? webhookOptions : mailOptions;
  if (!kinds.includes(kind.text)) fail(kind.origin, `native = ${quoteText(kind.text)}: expected ${kinds.join(', ')}`);
  for (const option of options.keys()) {
    // fail2ban's jail.conf names every action so, and some more.
    if (known.includes(option) || ['name', 'actname', 'port', 'protocol', 'chain'].includes(option)) continue;
    if (nearestName(option, known) !== undefined)
      fail(origin, `action ${name} has no option ${quoteText(option)}${suggestName(option, known)}`);
  }
  const text = (option: string, fallback: string) => {
    const value = (options.get(option) ?? init.text(option, '')).trim();
    return value === '' ? fallback : value;
  };
  const timeoutMs = parseDuration(text('timeout', '30'));
  if (timeoutMs === undefined || timeoutMs <= 0 || timeoutMs > 600_000)
    fail(origin, `timeout=${quoteText(text('timeout', ''))}: expected a time up to 10m`);
  const notice =
    kind.text === 'webhook'
      ? readWebhook(text, timeoutMs ?? 0, (message) => fail(origin, message))
      : readMail(text, timeoutMs ?? 0, hostName, kind.text === 'mail-whois', (message) => fail(origin, message));
  errors.push(...init.errors);
  return { notice: errors.length === 0 ? notice : undefined, errors, files: config.files };
}

type ReadText = (option: string, fallback: string) => string;

function readMail(text: ReadText, timeoutMs: number, hostName: string, hasWhois: boolean, fail: (message: string) => void): Notice {
  const to = text('dest', 'root');
  const from = text('sender', `ringjail@${hostName}`);
  // A line feed would begin a header of its own.
  for (const address of [to, from]) if (/[\s<>]/.test(address)) fail(`${quoteText(address)} is no mail address`);
  const server = text('server', '');
  if (server === '') return { kind: 'mail', options: { to, from, hasWhois, transport: { sendmail: text('sendmail', sendmailPath) } } };
  const [, host = '', port = '25'] = /^(\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(\d{1,5}))?$/.exec(server) ?? [];
  const isTls = parseBoolean(text('tls', port === '465' ? 'yes' : 'no'));
  if (host === '') fail(`server=${quoteText(server)}: expected a name or address, with :port where it is not 25`);
  if (isTls === undefined) fail(`tls=${quoteText(text('tls', ''))}: expected yes or no`);
  const user = text('user', '');
  const transport = {
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    isTls: isTls === true,
    user: user === '' ? undefined : user,
    password: user === '' ? undefined : text('password', ''),
    timeoutMs,
  };
  return { kind: 'mail', options: { to, from, hasWhois, transport } };
}

function readWebhook(text: ReadText, timeoutMs: number, fail: (message: string) => void): Notice {
  const url = text('url', '');
  if (!/^https?:\/\/\S+$/.test(url) || !URL.canParse(url)) fail(`url=${quoteText(url)}: expected one such as https://example.com/bans`);
  const headers: Record<string, string> = {};
  for (const line of text('headers', '')
    .split('\n')
    .filter((item) => item.trim() !== '')) {
    const [, header = '', value = ''] = /^\s*([\w-]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (header === '') fail(`headers: ${quoteText(line)}: expected Name: value, one a line`);
    else headers[header.toLowerCase()] = value.trim();
  }
  return { kind: 'webhook', url, headers, timeoutMs };
}
