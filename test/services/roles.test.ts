/** Roles: the programs themselves accept the configurations written for them, whatever a lab may say. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chronyConfig } from '../../src/services/chrony.ts';
import { nginxConfig } from '../../src/services/nginx.ts';
import { postfixMain, postfixMaster } from '../../src/services/postfix.ts';
import { sambaConfig } from '../../src/services/samba.ts';
import { type FileServer, type MailServer, type TimeServer, type WebServer } from '../../src/state/role.ts';

const folder = mkdtempSync(join(tmpdir(), 'roles-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'role');

/** What the program prints that reads the text in its own test mode. */
const checked = (text: string, program: string, ...argv: readonly string[]): string => {
  writeFileSync(`${path}.conf`, text);
  return execFileSync(program, [...argv, `${path}.conf`], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
};

/** As a user with nothing but a namespace would run it. */
const asWorld = ['unshare', '--user', '--map-root-user', '--net'] as const;

const folderName = fc.stringMatching(/^\/[A-Za-z0-9._+@/-]{0,40}$/);
const prefix4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.integer({ min: 8, max: 32 }))
  .map(([a, n]) => `${a}.0.0.0/${n}`);
const clients = fc.array(fc.oneof(prefix4, fc.constantFrom('fd00:1::/64', '2001:db8::/48')), { maxLength: 4 });

describe('nginx', () => {
  const accepts = (server: WebServer): void => {
    expect(() => checked(nginxConfig(server, path), ...asWorld, 'nginx', '-t', '-q', '-c')).not.toThrow();
  };

  it('accepts one port and many, a page and a folder', () => {
    accepts({ kind: 'web-server', ports: [80], name: 'web' });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 4 }),
        folderName,
        (ports, root) => accepts({ kind: 'web-server', ports, name: 'web', folder: root }),
      ),
      { numRuns: 10 },
    );
  });
});

describe('chronyd', () => {
  const accepts = (server: TimeServer): void => {
    const text = checked(chronyConfig(server, `${path}.pid`), 'chronyd', '-p', '-f');
    for (const client of server.clients) expect(text).toContain(`allow ${client}\n`);
  };

  it('accepts clients and sources of both families, and none', () => {
    accepts({ kind: 'time-server', clients: [], sources: [] });
    accepts({ kind: 'time-server', clients: ['10.0.0.0/8'], sources: ['192.0.2.1', '2001:db8::1'] });
    fc.assert(
      fc.property(clients, (prefixes) => accepts({ kind: 'time-server', clients: prefixes, sources: [] })),
      { numRuns: 10 },
    );
  });
});

describe('samba', () => {
  const accepts = (server: FileServer): void => {
    const text = checked(sambaConfig(server), 'testparm', '-s', '--suppress-prompt');
    expect(text).toContain(`[${server.share}]`);
    expect(text.includes('read only = No')).toBe(server.isReadOnly !== true);
  };

  it('accepts a folder for reading and for writing', () => {
    accepts({ kind: 'file-server', share: 'files', folder: '/srv/files', clients: [] });
    fc.assert(
      fc.property(folderName, clients, (root, prefixes) =>
        accepts({ kind: 'file-server', share: 'scans-2', folder: root, isReadOnly: true, clients: prefixes }),
      ),
      { numRuns: 5 },
    );
  });
});

describe('postfix', () => {
  const server: MailServer = {
    kind: 'mail-server',
    host: 'post.office.example',
    domain: 'office.example',
    clients: ['10.0.0.0/24', 'fd00:1::/64'],
  };

  it('relays for the networks of the lab alone', () => {
    const lines = postfixMain(server).split('\n');
    expect(lines).toContain('mynetworks = 127.0.0.0/8 [::1]/128 10.0.0.0/24 [fd00:1::]/64');
    expect(lines).toContain('smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination');
    expect(lines).toContain('mydestination = office.example, post.office.example, localhost');
    expect(lines).toContain('relayhost = ');
    expect(postfixMain({ ...server, relay: '2001:db8::25' })).toContain('relayhost = [2001:db8::25]\n');
  });

  it('has eight columns a service', () => {
    const lines = postfixMaster()
      .split('\n')
      .filter((line) => /^[a-z]/.test(line));
    expect(lines.every((line) => line.split(' ').length === 8)).toBe(true);
    expect(lines).toContain('local unix - n n - - local');
  });
});
