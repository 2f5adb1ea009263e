import "./shipped-late/app.mjs";
