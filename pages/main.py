"""The list of pages."""

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="Curate", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")
st.navigation(
    [
        st.Page("map.py", title="Map", icon=":material/scatter_plot:", default=True),
        st.Page("gallery.py", title="Gallery", icon=":material/grid_view:"),
        st.Page("search.py", title="Similar", icon=":material/image_search:"),
        st.Page("clusters.py", title="Clusters", icon=":material/workspaces:"),
        st.Page("import_images.py", title="Import", icon=":material/create_new_folder:"),
        st.Page("jobs.py", title="Jobs", icon=":material/history:"),
    ],
    position="top",
).run()
