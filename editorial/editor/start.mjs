// Starts the editor with our settings, our formats, and what happens when somebody ticks that the translation is right.
import { fromFile, revisionOf, toFile } from './page-format.mjs';

const { here, ...settings } = await (await fetch('config.json')).json();
// On an editor's own machine nobody has to sign in: the page that brings this is the only one that can read it.
if (here) localStorage.setItem('sveltia-cms.user', JSON.stringify({ backendName: 'gitea', ...here }));
// In Dutch, until somebody chooses otherwise.
if (!localStorage.getItem('sveltia-cms.prefs')) localStorage.setItem('sveltia-cms.prefs', JSON.stringify({ locale: 'nl' }));

// It looks at both as soon as it is there.
const { default: CMS } = await import('@sveltia/cms');
// The name of a format for pages has to end like this.
CMS.registerCustomFormat('page-frontmatter', 'md', { fromFile, toFile });
CMS.registerCustomFormat('list', 'yml', { fromFile: (text) => ({ text }), toFile: ({ text = '' }) => text });
CMS.registerEventListener({
  name: 'preSave',
  handler: async ({ entry }) => {
    if (entry.getIn(['data', 'confirmed']) !== true) return undefined;
    const revision = await revisionOf(entry.get('data').toJS());
    return entry.setIn(['i18n', 'en', 'data', 'source_rev'], revision);
  },
});
CMS.init({ config: { ...settings, load_config_file: false } });
