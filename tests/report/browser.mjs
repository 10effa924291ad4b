// Tests the report's page in a browser: `node browser.mjs PLAN`, where PLAN is a JSON file with
// `playwright` (the directory of playwright-core), `chromium`, `pages` by name, and `screenshots`.
// What a check finds wrong is printed, and the status is 1.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { chromium } = createRequire(join(plan.playwright, "package.json"))("playwright-core");

const WIDTHS = { wide: [1440, 900], medium: [1000, 800], narrow: [400, 800] };

const browser = await chromium.launch({ executablePath: plan.chromium, args: ["--no-sandbox"] });
let failed = 0;

/** Opens a page and gives it to a check. Requests and errors are the page's fault. */
async function check(title, { page: name, hash = "", width = "wide", options = {} }, test) {
  const [w, h] = WIDTHS[width];
  const context = await browser.newContext({ viewport: { width: w, height: h }, ...options });
  const page = await context.newPage();
  const wrong = [];
  const own = pathToFileURL(plan.pages[name]).href;
  page.on("request", (request) => {
    const url = request.url().split("#")[0];
    if (url !== own && !url.startsWith("blob:null")) wrong.push(`it asks for ${url}`);
  });
  page.on("pageerror", (error) => wrong.push(error.stack ?? String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(message.text());
  });
  const session = await context.newCDPSession(page);
  // The time of the processor: what else the machine does makes no difference.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
  try {
    await page.goto(own + hash);
    await page.waitForSelector("body.ready", { timeout: 60_000 });
    await test(page, { own, context, work });
    assert.deepEqual(wrong, []);
    console.log(`ok ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${title}: ${error.stack}\n${wrong.join("\n")}`);
  } finally {
    await context.close();
  }
}

const text = (page, selector) => page.locator(selector).first().innerText();
const fragment = async (page) => new URLSearchParams(new URL(page.url()).hash.slice(1));
const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Presses keys one after the other, as someone does who waits for each to show. */
async function press(page, ...keys) {
  for (const key of keys) {
    await page.keyboard.press(key);
    await frames(page);
  }
}

/** Opens the first Application and waits for its changes. */
async function openFirst(page) {
  await press(page, "n");
  await page.waitForSelector(".object-head");
}

await check("the overview says what matters first", { page: "change" }, async (page) => {
  assert.match(await text(page, "#verdict"), /Needs attention: \d+ blocking/);
  assert.match(await text(page, "#headline"), /Applications? on \d+ cluster/);
  const sections = await page.locator(".overview h2").allInnerTexts();
  assert.ok(sections[0].startsWith("Needs attention"), sections.join());
  assert.ok(sections.some((title) => title.startsWith("Images and charts")), sections.join());
  assert.equal(await page.locator("header, nav, main").count(), 3, "landmarks");
});

await check("a cell and a row open an Application", { page: "change" }, async (page) => {
  const cell = page.locator("#cells .cell.changed").first();
  const title = (await cell.getAttribute("title")).split(":")[0];
  await cell.click();
  assert.equal((await fragment(page)).get("application"), title);
  assert.match(await text(page, "#application-title"), new RegExp(`^${title}`));
  assert.equal(await page.locator('#cells [aria-current="true"]').count(), 1);
  await page.goBack();
  await page.waitForSelector(".overview");
  await page.locator("#tree .level-3").last().click();
  await page.waitForSelector("#application-title");
  assert.notEqual((await fragment(page)).get("application"), null);
});

await check("keys go from change to change and from Application to Application", { page: "change" }, async (page) => {
  await openFirst(page);
  const first = (await fragment(page)).get("application");
  await press(page, "j");
  const at = () => page.evaluate(() => Number.parseFloat(document.querySelector(".at")?.style.top ?? "-1"));
  const top = await at();
  assert.ok(top >= 0, "a change is marked");
  await press(page, "j");
  const next = await at();
  assert.ok(next > top, "the next one is below");
  await press(page, "k");
  assert.equal(await at(), top);
  await press(page, "n");
  assert.notEqual(page.url().includes(`application=${first}&`), true);
  await press(page, "p");
  assert.equal((await fragment(page)).get("application"), first);
  await press(page, "u");
  assert.equal((await fragment(page)).get("view"), "split");
  assert.ok((await page.locator(".code-line.two").count()) > 0);
  await press(page, "u");
  assert.equal(await page.locator(".code-line.two").count(), 0);
  for (const [key, tab] of [["2", "objects"], ["3", "waves"], ["4", "secrets"], ["5", "findings"], ["1", "changes"]]) {
    await press(page, key);
    assert.equal(await page.locator('[role=tab][aria-selected="true"]').getAttribute("data-tab"), tab);
  }
  await press(page, "?");
  assert.ok(await page.locator("#help").isVisible());
  await press(page, "Escape");
  assert.ok(!(await page.locator("#help").isVisible()));
  await press(page, "o");
  assert.ok(await page.locator(".overview").isVisible());
});

await check("the search finds Applications and objects", { page: "change" }, async (page) => {
  await press(page, "/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "filter");
  await page.locator("#show").click();
  await page.fill("#filter", plan.search.object);
  await page.waitForFunction(() => document.querySelectorAll("#tree .level-4").length > 0);
  await page.fill("#filter", "there-is-nothing-like-this");
  await page.waitForFunction(() => document.querySelectorAll("#tree .row").length === 0);
  assert.match(await text(page, "#shown"), /^0 of/);
  assert.equal((await fragment(page)).get("search"), "there-is-nothing-like-this");
  await press(page, "Escape");
  await page.waitForFunction(() => document.querySelectorAll("#tree .row").length > 0);
});

await check("the tree works by keys alone", { page: "change" }, async (page) => {
  await page.locator("#tree").focus();
  await press(page, "Home", "ArrowDown", "ArrowDown", "Enter");
  assert.notEqual((await fragment(page)).get("application"), null);
  const before = await page.locator("#tree .row").count();
  await press(page, "Home", "ArrowLeft");
  assert.ok((await page.locator("#tree .row").count()) < before, "a branch is closed");
  assert.equal(await page.locator("#tree .row").first().getAttribute("aria-expanded"), "false");
  await press(page, "ArrowRight");
  assert.equal(await page.locator("#tree .row").count(), before);
  const active = await page.locator("#tree").getAttribute("aria-activedescendant");
  assert.equal(await page.locator(`#${active}`).count(), 1);
});

await check("a place can be linked", { page: "change" }, async (page, { own, context }) => {
  await openFirst(page);
  await page.locator(".code-line.added button.number").first().click();
  const link = await fragment(page);
  assert.match(link.get("line"), /^a\d+$/);
  const other = await context.newPage();
  await other.goto(`${own}#${link}`);
  await other.waitForSelector(".code-line.at");
  assert.equal(await text(other, ".at .number:nth-child(2)"), link.get("line").slice(1));
  assert.equal(await text(other, "#application-title"), await text(page, "#application-title"));
  assert.ok(await other.locator("#details").isVisible());
  // A line in a fold is unfolded.
  link.set("line", "a1");
  await other.goto(`${own}#${link}`);
  await other.waitForFunction(() => document.querySelector(".at .number:nth-child(2)")?.textContent === "1");
  await other.goto(`${own}#application=gone&cluster=x`);
  await other.waitForFunction(() => document.body.innerText.includes("not in this report"));
});

await check("unchanged lines unfold, words are marked", { page: "change", hash: plan.search.changes }, async (page) => {
  await page.waitForSelector(".object-head");
  assert.ok((await page.locator(".code-line mark").count()) > 0);
  const fold = page.locator(".fold").first();
  const hidden = Number.parseInt((await fold.innerText()).match(/([\d,]+) unchanged/)[1].replace(",", ""), 10);
  const before = await page.evaluate(() => document.querySelector(".virtual[role=list]").style.height);
  await fold.click();
  const after = await page.evaluate(() => document.querySelector(".virtual[role=list]").style.height);
  assert.equal(Number.parseFloat(after) - Number.parseFloat(before), hidden * 20 - 28);
  const head = page.locator(".object-head .twist").first();
  await head.click();
  assert.equal(await page.locator(".object-head .twist").first().getAttribute("aria-expanded"), "false");
});

await check("objects are sorted and shown with their YAML", { page: "change" }, async (page) => {
  await openFirst(page);
  await press(page, "2");
  const kinds = () => page.locator(".virtual .table-row .kind").allInnerTexts();
  const rising = await kinds();
  await page.locator(".table-head .kind button").click();
  const falling = await kinds();
  assert.notDeepEqual(falling, rising);
  await press(page, "j");
  assert.ok(await page.locator("#details").isVisible());
  await page.waitForSelector(".yaml .code-line");
  assert.match(await page.locator(".yaml").innerText(), /apiVersion/);
  await press(page, "Escape");
  assert.ok(!(await page.locator("#details").isVisible()));
});

await check("waves are lanes, Secrets have places", { page: "change", hash: plan.search.secrets }, async (page) => {
  await page.waitForSelector("table.list td");
  assert.match(await text(page, "#panel"), new RegExp(plan.search.mount));
  await press(page, "3");
  const lanes = await page.locator(".lane .wave-head strong").allInnerTexts();
  assert.ok(lanes.length > 1, "several waves");
  assert.match(await text(page, ".phase.sync"), /begins when wave .* is healthy/);
  await page.locator(".chip").first().click();
  assert.ok(await page.locator("#details").isVisible());
});

/** The contrast of two colours, as the Web Content Accessibility Guidelines count it. */
const contrasts = () => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (color) => {
    const [r, g, b] = rgb(color).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const low = [];
  const seen = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
    if (!own || element.closest("script, style, noscript, dialog:not([open]), [hidden], #printed, .unseen")) continue;
    let ground = element;
    while (ground && ["rgba(0, 0, 0, 0)", "transparent"].includes(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const pair = [getComputedStyle(element).color, ground ? getComputedStyle(ground).backgroundColor : "white"];
    if (seen.has(pair.join())) continue;
    seen.add(pair.join());
    const [one, two] = pair.map(light).sort((a, b) => b - a);
    const contrast = (one + 0.05) / (two + 0.05);
    if (contrast < 4.5) low.push(`${contrast.toFixed(2)} ${pair.join(" on ")} at ${element.className || element.tagName}`);
  }
  return low;
};

for (const colorScheme of ["light", "dark"]) {
  await check(`${colorScheme}: everything can be read`, { page: "change", options: { colorScheme } }, async (page) => {
    assert.deepEqual(await page.evaluate(contrasts), []);
    await openFirst(page);
    await page.locator(".object-head .object").first().click();
    await page.waitForSelector(".yaml .code-line");
    for (const tab of ["1", "2", "3", "4", "5"]) {
      await press(page, tab);
      assert.deepEqual(await page.evaluate(contrasts), [], `tab ${tab}`);
    }
  });
}

await check("the theme is chosen and kept", { page: "change", options: { colorScheme: "light" } }, async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await press(page, "t", "t");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await page.waitForSelector("body.ready");
  assert.equal(await ground(), dark);
});

for (const width of Object.keys(WIDTHS)) {
  await check(`${width}: nothing runs out of the window`, { page: "change", width }, async (page) => {
    const fits = async () => {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} pixels too wide`);
      for (const part of ["#main", "#details"]) {
        const box = await page.locator(part).boundingBox();
        if (box && (await page.locator(part).isVisible())) assert.ok(box.x >= 0 && box.x + box.width <= WIDTHS[width][0] + 1, part);
      }
    };
    await fits();
    await openFirst(page);
    await page.locator(".object-head .object").first().click();
    await page.waitForSelector(".yaml .code-line");
    await fits();
    assert.ok((await page.locator(".yaml").boundingBox()).height > 100, "the YAML has room");
    assert.ok((await page.locator("#panel").boundingBox()).height > 100, "the changes have room");
    if (width === "narrow") {
      assert.ok(!(await page.locator("#nav").isVisible()));
      await page.locator("#pane").click();
      assert.ok(await page.locator("#nav").isVisible());
      await page.locator("#cells .cell").first().click();
      assert.ok(!(await page.locator("#nav").isVisible()));
    }
  });
}

await check("what can be used has a name and can be reached", { page: "change", options: { reducedMotion: "reduce" } }, async (page) => {
  await openFirst(page);
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, [role=tree], [role=tabpanel], nav, aside")]
      .filter((it) => !(it.getAttribute("aria-label") || it.getAttribute("aria-labelledby") || it.innerText.trim() || it.hidden || it.closest("dialog")))
      .map((it) => it.outerHTML.slice(0, 120)),
  );
  assert.deepEqual(nameless, []);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".cell")).transitionDuration), "0s");
  await page.evaluate(() => document.activeElement.blur());
  await press(page, "Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "skip");
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
  await press(page, "Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
});

await check("on paper there are findings, then changes", { page: "change" }, async (page) => {
  await page.waitForSelector("body.printable", { timeout: 60_000 });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.locator("#header").isVisible()));
  const printed = await page.locator("#printed").innerText();
  assert.ok(printed.indexOf("Findings") >= 0 && printed.indexOf("Findings") < printed.indexOf("\nChanges"), printed.slice(0, 500));
  assert.ok((await page.locator("#printed .added").count()) > 0);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("#printed").evaluate((it) => it.childNodes.length), 0);
});

await check("a fleet as it is has no changes", { page: "fleet" }, async (page) => {
  await press(page, "n");
  const tabs = await page.locator("[role=tab]").evaluateAll((all) => all.map((it) => it.dataset.tab));
  assert.deepEqual(tabs, ["objects", "waves", "secrets", "findings"]);
  assert.ok((await page.locator("#cells .cell").count()) > 10);
});

await check("hostile names stay text", { page: "hostile" }, async (page) => {
  const look = () =>
    page.evaluate(() => {
      const wrong = [];
      if (globalThis.pwned !== undefined) wrong.push("a script ran");
      for (const element of document.querySelectorAll("img, iframe, object, embed, svg, a, link, base, [onerror], [onclick], [style*=url]")) wrong.push(element.outerHTML);
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const { data, parentElement } = walk.currentNode;
        if (!parentElement.closest("script, style, pre, body > :not(#panes, #header)") && /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(data.trim())) wrong.push(JSON.stringify(data));
      }
      return wrong;
    });
  assert.deepEqual(await look(), []);
  assert.match(await page.locator("#nav").innerText(), /<img src=x onerror=/);
  await openFirst(page);
  await page.locator(".object-head .object").first().click();
  await page.waitForSelector(".yaml .code-line");
  for (const tab of ["1", "2", "3", "4", "5"]) {
    await press(page, tab);
    assert.deepEqual(await look(), [], `tab ${tab}`);
  }
  assert.match(await page.locator("#main").innerText(), /\\u\{202e\}/);
  assert.match(await page.locator("#main").innerText(), /\\u\{1b\}\[31m/);
});

await check("1,000 Applications open at once and scroll smoothly", { page: "thousand" }, async (page, { work }) => {
  const opened = await work();
  const { paint, elements } = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    elements: document.querySelectorAll("*").length,
  }));
  assert.ok(elements < 4000, `${elements} elements: only what is in sight is in the page`);
  assert.match(await text(page, "#shown"), /1,000 of 1,000/);
  const before = await work();
  const scroll = await page.evaluate(async () => {
    const tree = document.querySelector("#tree");
    let [steps, most] = [0, 0];
    while (tree.scrollTop + tree.clientHeight < tree.scrollHeight - 1 && steps < 60) {
      tree.scrollTop += 240;
      await new Promise(requestAnimationFrame);
      steps += 1;
      most = Math.max(most, document.querySelectorAll("#tree .row").length);
    }
    return { steps, most };
  });
  const frame = ((await work()) - before) / scroll.steps;
  console.log(
    `1,000 Applications: first paint after ${Math.round(paint)} ms; of processor time, ${Math.round(opened)} ms to open, ${frame.toFixed(1)} ms a frame of scrolling; ${elements} elements`,
  );
  assert.ok(opened < 1000, `${opened} ms to open`);
  assert.ok(frame < 1000 / 60, `${frame} ms a frame`);
  assert.ok(scroll.most < 120, `${scroll.most} rows at once`);
  await page.evaluate(() => {
    const tree = document.querySelector("#tree");
    tree.scrollTop = tree.scrollHeight;
  });
  await frames(page);
  await page.locator("#tree .level-3").last().click();
  await page.waitForSelector(".virtual .table-row");
  await press(page, "j");
  await page.waitForSelector(".yaml .code-line");
  await page.fill("#filter", plan.search.one);
  await page.waitForFunction(() => document.querySelectorAll("#tree .level-3").length === 1);
});

if (plan.screenshots) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, hash] of Object.entries(plan.shots)) {
      await check(`screenshot ${name} ${colorScheme}`, { page: "change", hash, options: { colorScheme } }, async (page) => {
        await page.waitForTimeout(300);
        await page.screenshot({ path: join(plan.screenshots, `report-${name}-${colorScheme}.png`) });
      });
    }
  }
}

await browser.close();
process.exit(failed === 0 ? 0 : 1);
