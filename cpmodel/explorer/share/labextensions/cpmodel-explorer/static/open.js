// JupyterLab opens a notebook and runs nothing. This runs the explorer's, which is saved without its page, and hands on the
// state behind `#`, which JupyterLab drops. Written by hand as the container that JupyterLab looks for.
(() => {
  const NOTEBOOK = "notebooks/explorer.ipynb", PATIENCE = 60, asked = location.hash;
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  async function opened(app) {
    for (let second = 0; second < PATIENCE; second += 1) {
      const panel = app.shell.currentWidget;
      if (panel?.context?.path === NOTEBOOK) return panel;
      await pause(1000);
    }
    return null;
  }
  async function run(app) {
    await app.restored;
    const panel = await opened(app);
    if (!panel) return;
    await panel.context.ready;
    await panel.sessionContext.ready;
    document.documentElement.dataset.explorer = asked;
    await app.commands.execute("notebook:run-all-cells");
  }
  const plugin = { id: "cpmodel-explorer:open", autoStart: true, activate: (app) => { run(app); } };
  const container = { init: () => {}, get: async () => () => ({ __esModule: true, default: plugin }) };
  (window._JUPYTERLAB ??= {})["cpmodel-explorer"] = container;
})();
