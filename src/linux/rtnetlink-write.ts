/** Everything that is asked of rtnetlink, one file a noun: each a pure function from plain data to a request. */
export { addressRequest } from './address-requests.ts';
export {
  deleteLink,
  newBridge,
  newLink,
  newVeth,
  setLink,
  setVlanFiltering,
  vxlanRemote,
  type VethEnd,
} from './link-requests.ts';
export { forgetNeighbour, neighbourRequest, proxyRequest } from './neighbour-requests.ts';
export { setPort, vlanRequest, vlanRequests, type VlanOwner } from './port-requests.ts';
export { routeRequest, type IndexOf } from './route-requests.ts';
export { ruleRequest } from './rule-requests.ts';
