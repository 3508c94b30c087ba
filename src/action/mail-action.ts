// A mail for each ban, with the lines that led to it and, where it is asked for, what whois says; by sendmail or by SMTP (nodemailer).
import { createTransport } from 'nodemailer';
import { shownTarget } from '../core/ban-target.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { isoTime } from '../core/iso-time.ts';
import { printable } from '../core/printable.ts';
import type { BanTicket } from './ban-ticket.ts';
import type { RunCommand } from './run-command.ts';
import { type ActionOutcome, nothingLost, type TicketAction } from './ticket-action.ts';

export interface MailOptions {
  /** As the jail names it. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly transport: MailTransport;
  readonly hostName: string;
  readonly hasWhois: boolean;
  /** With a time limit of its own; `runCommand`. */
  readonly runCommand: RunCommand;
}

/** `sendmail`: the path of the program; else a server, with a user and a password where it wants them. */
type MailTransport =
  | { readonly sendmail: string }
  | {
      readonly host: string;
      readonly port: number;
      /** TLS from the start (port 465); otherwise STARTTLS where the server offers it. */
      readonly isTls: boolean;
      readonly user: string | undefined;
      readonly password: string | undefined;
      readonly timeoutMs: number;
    };

/** The end of what whois said: providers write pages of terms first. */
const mostWhoisLength = 16 * 1024;
const mostSaid = 500;

/** Bans of an earlier run are not told again, and unbans not at all. */
export class MailAction implements TicketAction {
  readonly norestored = true;
  readonly #options: MailOptions;

  constructor(options: MailOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  async ban(ticket: BanTicket): Promise<ActionOutcome> {
    const { from, to, hostName } = this.#options;
    const text = await this.#text(ticket);
    const subject = printable(`[ringjail] ${ticket.jail}: banned ${shownTarget(ticket.network)} on ${hostName}`);
    // As an attachment the lines are as they were; in the text they could look like ours.
    const lines = { filename: 'evidence.txt', content: ticket.matches.map((match) => `${match}\n`).join('') };
    try {
      await this.#send({ from, to, subject, text, attachments: ticket.matches.length === 0 ? [] : [lines] });
    } catch (error) {
      throw new RingjailError('unavailable', `mail to ${to} was not sent: ${messageOf(error).slice(0, mostSaid)}`, error);
    }
    return nothingLost;
  }

  start = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  check = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  prolong = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  unban = (): Promise<ActionOutcome> => Promise.resolve(nothingLost);
  // There is nothing to lift.
  flush = (): Promise<boolean> => Promise.resolve(true);
  reload = (): Promise<void> => Promise.resolve();
  stop = (): Promise<void> => Promise.resolve();

  async #text({ network, isRaw, jail, failures, sinceUsec, untilUsec, bancount }: BanTicket): Promise<string> {
    const { hostName } = this.#options;
    const end = untilUsec === undefined ? 'for good' : `until ${isoTime(untilUsec)}`;
    const facts = [
      `${hostName} has banned ${shownTarget(network)} ${end}.`,
      '',
      `jail:     ${jail}`,
      `failures: ${failures}`,
      `since:    ${isoTime(sinceUsec)}`,
      `times:    ${bancount}`,
    ];
    const said = isRaw === true ? undefined : await this.#whois(network);
    return printableLines([...facts, ...(said === undefined ? [] : ['', 'whois says:', '', said])].join('\n'));
  }

  /** The mail matters more than what whois says. */
  async #whois(network: string): Promise<string | undefined> {
    try {
      // Of a network its first address. It is a number, so that it is no option.
      if (!this.#options.hasWhois) return undefined;
      const { stdout } = await this.#options.runCommand('whois', ['--', network.replace(/\/.*$/, '')]);
      return stdout.slice(-mostWhoisLength);
    } catch (error) {
      return messageOf(error).slice(0, mostSaid);
    }
  }

  async #send(mail: { from: string; to: string; subject: string; text: string; attachments: { filename: string; content: string }[] }) {
    const { transport } = this.#options;
    if ('sendmail' in transport) {
      // nodemailer only writes it: the program that it would start itself knows no time limit.
      const { message } = await createTransport({ streamTransport: true, buffer: true, newline: 'unix' }).sendMail(mail);
      if (!Buffer.isBuffer(message)) throw new RingjailError('software', 'nodemailer gives no text');
      await this.#options.runCommand(transport.sendmail, ['-i', '-f', mail.from, '--', mail.to], message);
      return;
    }
    const { host, port, isTls, user, password, timeoutMs } = transport;
    const auth = user === undefined || password === undefined ? {} : { auth: { user, pass: password } };
    const limits = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs };
    const smtp = createTransport({ host, port, secure: isTls, ...auth, ...limits });
    try {
      await smtp.sendMail(mail);
    } finally {
      smtp.close();
    }
  }
}

const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join('\n');
