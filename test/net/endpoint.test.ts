/** Addresses with ports, read and printed. */
import { describe, expect, it } from 'vitest';
import { parseEndpoint, printEndpoint } from '../../src/net/endpoint.ts';

describe('an endpoint', () => {
  it.each(['192.0.2.1:51820', '[2001:db8::1]:51820', '192.0.2.1:65535'])('%s is read and printed as it is', (text) => {
    const endpoint = parseEndpoint(text);
    expect(endpoint && printEndpoint(endpoint)).toBe(text);
  });

  it.each(['192.0.2.1', '192.0.2.1:65536', '2001:db8::1:51820', 'vpn.example:51820', '[]:1', ':1', '192.0.2.1:'])(
    '%s is none',
    (text) => {
      expect(parseEndpoint(text)).toBeUndefined();
    },
  );
});
