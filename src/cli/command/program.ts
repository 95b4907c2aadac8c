/** Every command of `proxbox-api`, with what `--help` says of it. */
import { Command } from 'commander';
import { startService } from '../../compose/serve.js';
import { packageVersion } from '../../config/version.js';
import { schemaCommand } from '../schema-command.js';
import { addCompletion } from './completion.js';
import { addExplain } from './explain.js';
import { addDoctor } from './doctor.js';
import { runAndEnd } from './ending.js';
import type { Told } from './output.js';
import { addPlans } from './plans.js';
import { addRuns } from './runs.js';
import { addStored } from './stored.js';
import { addSupportBundle } from './support-bundle.js';
import { addSync } from './sync.js';

const about = `Keeps NetBox true to Proxmox VE clusters.

Every command but serve asks the service at PROXBOX_URL with the key PROXBOX_API_KEY, where that is set; otherwise it works in
its own process, with the variables and the database of the service.`;

/** Parsing it runs the command, which sets `told.status`. @throws CommanderError when it is called wrongly, and after help */
export function createProgram(told: Told): Command {
  const program = new Command('proxbox-api').description(about).version(packageVersion()).exitOverride();
  program.configureHelp({ showGlobalOptions: false, sortSubcommands: false }).showHelpAfterError(true);
  program.enablePositionalOptions();
  program.command('serve').description('Runs the service').action(startService);
  addSync(program, told);
  addPlans(program, told);
  addRuns(program, told);
  addExplain(program, told);
  addDoctor(program, told);
  addStored(program, told);
  addSupportBundle(program, told);
  program
    .command('schema')
    .description('API schemas of Proxmox releases; also called proxbox-schema')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[words...]')
    .action(runAndEnd(told, schemaCommand));
  addCompletion(program, told);
  return program;
}
