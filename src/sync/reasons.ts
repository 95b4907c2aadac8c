/**
 * Why an object was skipped, refused, renamed or failed, or why something could not be read: a closed list. Codes are
 * stable and travel in results, warnings and events; the sentence beside them is for people.
 */
export const reasonCodes = {
  endpoint_unreachable: 'A Proxmox endpoint could not be used; nothing of it was changed.',
  endpoint_restricted: 'The Proxmox user may not read cluster/status (Sys.Audit on /).',
  endpoint_disabled: 'The endpoint is switched off.',
  no_guests_reported: 'Proxmox reported no guests although NetBox has some; nothing was changed for them.',
  cluster_name_shared: 'Two endpoints with different nodes use one cluster name.',
  cluster_ambiguous: 'NetBox has several clusters of this name and none can be told to be ours.',
  cluster_missing: 'The cluster is not in NetBox yet.',
  cluster_link_ambiguous: 'Two Proxmox cluster rows point to one NetBox cluster.',
  placement_not_found: 'The configured NetBox site or tenant does not exist.',
  node_offline: 'The node is offline.',
  node_missing: 'The node of the guest is not known.',
  resource_unreadable: 'Proxmox listed a guest without a usable VMID, type or node; it was left out.',
  config_unreadable: 'The configuration of the guest could not be read.',
  privilege_missing: 'The Proxmox user lacks a privilege.',
  guest_gone: 'The guest disappeared between listing and reading.',
  identity_ambiguous: 'More than one NetBox object claims this guest.',
  identity_unreadable: 'The sync-state rows could not be read, so nobody can tell whether the guest is known.',
  endpoint_renumbered: 'A known guest was adopted from an endpoint id that is no longer configured.',
  type_changed: 'The VMID now belongs to a guest of another type.',
  name_adjusted: 'NetBox cannot take the name as it is.',
  name_conflict: 'Another virtual machine of the cluster has the name.',
  mode_disabled: 'This kind of object is switched off.',
  bootstrap_only: 'The object carries the bootstrap-only tag and is left alone.',
  not_selected: 'The object is outside the selection.',
  dependency_failed: 'An object it depends on could not be written.',
  duplicate: 'The same object was found twice.',
  rejected: 'NetBox refused the object.',
  forbidden: 'The NetBox token may not write this kind of object.',
  vanished: 'The object was deleted in NetBox during the run; the next run creates it again.',
  not_attempted: 'The run stopped before this object was written.',
  plugin_route_missing: 'The installed netbox-proxbox plugin does not have this table.',
  disk_unsized: 'A disk has no size in Proxmox and is not counted.',
  tag_unusable: 'A Proxmox tag could not be made a NetBox tag.',
  option_unknown: 'A request option has an unknown value.',
  not_implemented: 'This part is not built in this version.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;
