/**
 * Node's cryptography, loaded when it is first asked for: that takes as long as parsing a lab file, and few commands ask.
 */
import type crypto from 'node:crypto';

export const lateCrypto = (): typeof crypto => process.getBuiltinModule('node:crypto');
