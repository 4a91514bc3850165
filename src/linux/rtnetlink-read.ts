/** What one namespace holds, read by rtnetlink dumps (rtnetlink(7)), one file a noun. */
export { readAddresses, type ReadAddress } from './address-dumps.ts';
export { readLinks, readVlans, readVxlanRemotes, type Link } from './link-dumps.ts';
export { readLearnedNeighbours, readNeighbours, readProxies } from './neighbour-dumps.ts';
export { readRoutes, readRoutesWithMakers, readRules, type ReadRoute, type RouteWithMaker } from './route-dumps.ts';
