/** An inspection as JSON (docs/cli.md). */
import { type Inspection, type InterfaceInspection } from '../inspect/inspect-host.ts';

const interfaceToJson = ({ interface: name, owner, is, ...rest }: InterfaceInspection): object => ({
  interface: name,
  madeBy: owner.madeBy,
  runBy: owner.runBy,
  certain: owner.isCertain,
  kind: is[0] ?? '',
  is: is.slice(1),
  ...rest,
  device: rest.device && {
    driver: rest.device.driver ?? null,
    bus: rest.device.bus,
    address: rest.device.address,
    pci: rest.device.pci ?? null,
    wireless: rest.device.isWireless,
  },
  evidence: owner.evidence,
});

export const inspectionToJson = ({ machine, uplink, interfaces, charge, filter, kvm, unseen }: Inspection): object => ({
  machine,
  uplink,
  interfaces: interfaces.map(interfaceToJson),
  networking: {
    inCharge: charge.inCharge,
    because: charge.because,
    programs: charge.programs,
    contested: charge.contested,
    defaultRoutes: charge.defaultRoutes.map(({ via, ...route }) => ({ ...route, via: via ?? null })),
  },
  filter: {
    seen: filter.isSeen,
    tables: filter.tables,
    legacyTables: filter.legacyTables,
    frontEnds: filter.frontEnds,
  },
  kvm,
  unseen,
});
