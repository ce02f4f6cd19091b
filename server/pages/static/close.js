// Browsers let a window close itself only when a script has opened it; others go on showing what it says.
window.close();
