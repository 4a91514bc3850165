/**
 * What tells one machine from every other beside its network: made once with the machine, kept with its disks, and made
 * anew for a clone. DHCP identifiers (DUID, RFC 8415 section 11) follow from the machine id.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface SshHostKey {
  /** The file `ssh_host_ed25519_key`. */
  readonly privateKey: string;
  /** The file `ssh_host_ed25519_key.pub`. */
  readonly publicKey: string;
}

export interface Identity {
  /** 32 hexadecimal digits (machine-id(5)). */
  readonly machineId: string;
  readonly sshHostKey: SshHostKey;
}

/** Length and bytes (RFC 4251 section 5). */
const field = (contents: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(contents as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const keyType = 'ssh-ed25519';
const blockBytes = 8;
const lineLength = 70;

/** Where an Ed25519 key begins in the DER that Node exports (RFC 8410): behind the names of the algorithm. */
const publicKeyAt = 12;
const privateKeyAt = 16;

/** An unencrypted private key as OpenSSH writes it (PROTOCOL.key of OpenSSH). */
const privateText = (publicKey: Buffer, seed: Buffer, comment: string): string => {
  const publicBlob = Buffer.concat([field(keyType), field(publicKey)]);
  // Twice the same number: how a reader tells that it deciphered the rest.
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, publicBlob, field(Buffer.concat([seed, publicKey])), field(comment)]);
  const padding = Buffer.from(
    Array.from({ length: (blockBytes - (secret.length % blockBytes)) % blockBytes }, (_, index) => index + 1),
  );
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    one,
    field(publicBlob),
    field(Buffer.concat([secret, padding])),
  ]).toString('base64');
  const lines = whole.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
};

const newSshHostKey = (comment: string): SshHostKey => {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(publicKeyAt);
  const seed = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(privateKeyAt, privateKeyAt + 32);
  const blob = Buffer.concat([field(keyType), field(publicKey)]);
  return {
    privateKey: privateText(publicKey, seed, comment),
    publicKey: `${keyType} ${blob.toString('base64')} ${comment}\n`,
  };
};

/** The identity of a machine that was not there before. */
export const newIdentity = (machine: string): Identity => ({
  machineId: randomBytes(16).toString('hex'),
  sshHostKey: newSshHostKey(`root@${machine}`),
});
