// The script of every page: finds what this page has and brings it to life.
import { readBoot } from "./boot.js";
import { installConfirm } from "./confirm.js";
import { runDemo } from "./home-demo.js";
import { watch } from "./watch.js";

installConfirm();

const demo = document.querySelector("[data-demo]");
if (demo) runDemo(demo);

const video = document.getElementById("video");
const boot = video && readBoot();
if (boot) watch(video, boot);
