#!/usr/bin/env node
/** `proxbox-schema`: makes and shows the API schemas of Proxmox releases; also `proxbox-api schema`. */
import { runCommand } from './exit-status.js';
import { schemaCommand } from './schema-command.js';

await runCommand(() => schemaCommand(process.argv.slice(2)));
