/** An address with a port, as in `192.0.2.1:51820` or `[2001:db8::1]:51820`. */
import { parseIp, printIp, type Ip } from './address.ts';

export interface Endpoint {
  readonly address: Ip;
  readonly port: number;
}

const lastPort = 65_535;

export const parseEndpoint = (text: string): Endpoint | undefined => {
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  const port = Number(digits);
  return address === undefined || port > lastPort ? undefined : { address, port };
};

export const printEndpoint = ({ address, port }: Endpoint): string => {
  const text = printIp(address);
  return `${address.family === 6 ? `[${text}]` : text}:${port}`;
};
