/** What is wrong with pages by the plugin's own fault, with the line of its code, so that anybody can look. */
import type { PageRow } from './visit.js';

interface Fault {
  /** Of the page. */
  readonly route: RegExp;
  /** Each error of the page that belongs to it. */
  readonly error: RegExp;
  /** The plugin's file and line, and why. */
  readonly because: string;
}

const faults: readonly Fault[] = [
  {
    route: /\/logs\/$/,
    error: /401/,
    because:
      'static/netbox_proxbox/js/logs.js:244 asks this service from the browser, which has no API key; use /admin of this service',
  },
  {
    route: /\/virtual-machines\/<int:pk>\/proxmox-cloudinit\/$/,
    error: /HTTP 500/,
    because: "templates/netbox_proxbox/vm_proxmox_cloudinit.html:37 asks the row for an attribute 'Open'",
  },
  {
    route: /\/cluster-nodes\/$/,
    error: /HTTP 500/,
    because: 'tables/cluster.py:48 offers to edit nodes; urls.py has no proxmoxnode_edit',
  },
  {
    route: /\/(snapshots|backups)\/(add|<int:pk>\/edit)\/$/,
    error: /HTTP 500/,
    because:
      'forms/vm_snapshot.py:55 and vm_backup.py:53 need the API name proxmoxstorage-list; api/urls.py:111 calls it storage-list',
  },
  {
    route: /\/community\/$/,
    error: /cdnjs/,
    because:
      'templates/netbox_proxbox/community.html:8 loads a style sheet from another host, which this browser may not ask',
  },
  {
    route: /\/plan-summary\//,
    error: /HTTP 500/,
    because:
      'views/plan_summary.py:101 imports netbox-branching wherever it is installed, also when NetBox does not load it',
  },
  {
    route: /\/websocket\//,
    error: /HTTP 404/,
    because: 'websocket_client.py:1254 answers so while the WebSocket of the server is off, as it is by default',
  },
];

export const faultOf = ({ route }: Pick<PageRow, 'route'>, error: string): Fault | undefined =>
  faults.find((fault) => fault.route.test(route) && fault.error.test(error));
