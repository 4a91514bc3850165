/** The real nft(8) in an empty network namespace of its own. */
import { execFileSync } from 'node:child_process';
import { readDevices } from '../../../src/dialects/nft/read-devices.ts';
import { readNft, type NftReading } from '../../../src/dialects/nft/read.ts';
import { writeNft } from '../../../src/dialects/nft/write.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';

const separator = '=====';

/** Loads a text into an empty namespace, which has `lo` alone, and reads what the kernel holds. */
export const throughNft = (text: string): NftReading => {
  const script = `nft -f - && nft -j list ruleset && echo ${separator} && nft list chains`;
  const out = execFileSync('unshare', ['-Urn', 'sh', '-c', script], {
    input: `${text}\n`,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  const [json = '', chains = ''] = out.split(separator);
  return readNft(JSON.parse(json), readDevices(chains));
};

export const roundTrip = (tables: readonly FilterTable[]): NftReading => throughNft(writeNft(tables));
