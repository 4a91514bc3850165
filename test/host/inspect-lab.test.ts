/** `inspect LAB MACHINE` looks at a machine of a running lab from inside: Lanwright made what the lab asks for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lanwright, scratchDirectory } from '../cli/lanwright.ts';

const directory = scratchDirectory();
const name = `inspect-${process.pid}`;
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);

const lab = `lab: ${name}
outside:
  networks: { office: { ipv4: 192.168.0.0/24, gateway: router } }
  machines: { router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true } }
hosts: { metal: { nics: { eth0: { network: office, address: 3 } } } }
networks: { private: { mode: nat, ipv4: 10.0.0.0/24 }, servers: { mode: routed, ipv4: 10.1.0.0/24 } }
machines: { app: { nics: [private] }, web: { nics: [servers] } }
`;

beforeAll(async () => {
  writeFileSync(join(directory, 'lab.yaml'), lab);
  expect(await run('up')).toMatchObject({ status: 0 });
  await run('exec', '--lab', name, 'metal', '--', 'ip', 'link', 'add', 'made-here', 'type', 'bridge');
});

afterAll(async () => {
  await run('down', '--lab', name);
});

interface InterfaceJson {
  readonly interface: string;
  readonly madeBy: string;
  readonly outside: readonly { whose: string; byDefault: string; withRoute: string | null }[];
}

describe('a machine of a running lab', () => {
  it('tells what Lanwright made from what came later', async () => {
    const { status, stdout } = await run('inspect', name, 'metal', '--json');
    expect(status).toBe(0);
    const { uplink, interfaces } = JSON.parse(stdout) as { uplink: string; interfaces: readonly InterfaceJson[] };
    const owners = Object.fromEntries(interfaces.map((each) => [each.interface, each.madeBy]));
    expect(owners).toMatchObject({ lo: 'kernel', eth0: 'Lanwright', private: 'Lanwright', 'made-here': 'by hand' });
    expect(uplink).toBe('eth0');
    const answersOf = (bridge: string): readonly string[] =>
      interfaces
        .find((each) => each.interface === bridge)
        ?.outside.filter(({ whose }) => whose === 'a guest')
        .map(({ byDefault, withRoute }) => `${byDefault} ${withRoute}`) ?? [];
    expect(answersOf('private')[0]).toBe('no no');
    expect(answersOf('servers')[0]).toBe('no yes');
  });

  it('names the machines where it is told another', async () => {
    const { status, stderr } = await run('inspect', name, 'nobody');
    expect(status).toBe(2);
    expect(stderr).toContain('the machines are');
  });

  it('asks for the machine where only the lab is named', async () => {
    expect(await run('inspect', name)).toMatchObject({ status: 2 });
  });
});

describe('a lab that does not run', () => {
  it('says so', async () => {
    expect(await run('inspect', `${name}-not`, 'metal')).toMatchObject({ status: 3 });
  });
});
