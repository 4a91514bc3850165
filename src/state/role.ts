/** What a machine does for others beside its network: programs that listen on its addresses, whatever they come to be. */

export type Role = WebServer | TimeServer | MailServer | FileServer;

/** By which units of systemd a distribution starts the same programs by itself. */
export const roleUnits: Readonly<Record<Role['kind'], readonly string[]>> = {
  'web-server': ['nginx.service'],
  'time-server': ['chrony.service'],
  'mail-server': ['postfix.service', 'postfix@-.service'],
  'file-server': ['smbd.service', 'nmbd.service'],
};

/** Serves pages (HTTP, RFC 9110) on all addresses. */
export interface WebServer {
  readonly kind: 'web-server';
  /** TCP. */
  readonly ports: readonly number[];
  /** The machine that its page speaks of. */
  readonly name: string;
  /** A folder of the machine that is served instead of that page, as an absolute path. */
  readonly folder?: string;
}

/** Tells the time (NTP, RFC 5905), and leaves the clock of the machine as it is. */
export interface TimeServer {
  readonly kind: 'time-server';
  /** Prefixes of those whom it answers. */
  readonly clients: readonly string[];
  /** Addresses that it asks itself; with none of them, or while they are silent, it goes by the clock of the machine. */
  readonly sources: readonly string[];
}

/** Takes mail for a domain, and sends mail of those who may to others (SMTP, RFC 5321). */
export interface MailServer {
  readonly kind: 'mail-server';
  /** Its own name in full. */
  readonly host: string;
  readonly domain: string;
  /** Prefixes of those whose mail it takes to others. */
  readonly clients: readonly string[];
  /** The address that is handed all mail for others. */
  readonly relay?: string;
}

/** Shares a folder with whoever reaches it from its clients' prefixes, without a password (SMB). */
export interface FileServer {
  readonly kind: 'file-server';
  readonly share: string;
  /** An absolute path on the machine. */
  readonly folder: string;
  readonly isReadOnly?: true;
  readonly clients: readonly string[];
}
